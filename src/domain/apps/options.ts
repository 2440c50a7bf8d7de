import type { JsonObject, JsonValue } from '../../kernel/json.ts'
import type { Reader, Tx } from '../../storage/store.ts'

/** Whose options: an application's (`app:3`, `webhook:1`), for everybody or for one person. */
export interface OptionOwner {
  readonly owner: string
  readonly userId: number
}

/** Stands for the person where an option is everybody's. */
export const FOR_ALL = 0

/** All options, by name. */
export async function readOptions(read: Reader, { owner, userId }: OptionOwner): Promise<JsonObject> {
  const rows = await read.db
    .selectFrom('option')
    .select(['name', 'value'])
    .where('owner', '=', owner)
    .where('userId', '=', userId)
    .orderBy('name')
    .execute()
  return Object.fromEntries(rows.map(({ name, value }) => [name, value.value as JsonValue]))
}

/** One option; `undefined` where there is none of that name. */
export async function readOption(
  read: Reader,
  { owner, userId }: OptionOwner,
  name: string,
): Promise<JsonValue | undefined> {
  const row = await read.db
    .selectFrom('option')
    .select('value')
    .where('owner', '=', owner)
    .where('userId', '=', userId)
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.value.value as JsonValue | undefined
}

/** Keeps the values by their names; options that are not named stay as they are. */
export async function writeOptions(tx: Tx, { owner, userId }: OptionOwner, values: JsonObject): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await tx.db
      .insertInto('option')
      .values({ owner, userId, name, value: { value } })
      .onConflict((conflict) => conflict.columns(['owner', 'userId', 'name']).doUpdateSet({ value: { value } }))
      .execute()
  }
}

/** Drops everything that an application kept, for everybody and for each person. */
export async function dropOptions(tx: Tx, owner: string): Promise<void> {
  await tx.db.deleteFrom('option').where('owner', '=', owner).execute()
}
