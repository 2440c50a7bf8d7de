import type { Reader, Tx } from '../../storage/store.ts'

/** Something kept about the portal itself, beside its settings. */
export async function writeFact(tx: Tx, key: string, value: object): Promise<void> {
  await tx.db
    .insertInto('setting')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

export async function readFact<T extends object>(read: Reader, key: string): Promise<T | undefined> {
  const row = await read.db.selectFrom('setting').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value as T | undefined
}
