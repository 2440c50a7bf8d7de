import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { InvalidField } from './refusals.ts'

export const MULTIFIELD_TYPES = ['PHONE', 'EMAIL', 'WEB', 'IM', 'LINK'] as const
export type MultifieldType = (typeof MULTIFIELD_TYPES)[number]

/** Which entities have phones and addresses of their own: a deal has those of its contacts. */
export function hasMultifields(type: CrmEntityType): boolean {
  return type !== 'deal'
}

export interface Multifield {
  readonly id: number
  readonly typeId: string
  readonly valueType: string
  readonly value: string
}

/** Adds a value (no `id`, or one that the entity does not have), changes one, or deletes one (`value` empty). */
export interface MultifieldChange {
  readonly id?: number | undefined
  readonly typeId: MultifieldType
  readonly valueType?: string | undefined
  readonly value?: string | undefined
}

const EXTENSION = /(?:[;,#]|\b(?:ext|x|доб)\b).*$/iu
const EMAIL = /^[^\s@<>]+@[^\s@<>]+$/
const COUNTRY_TRUNK = /^8(\d{10})$/

/**
 * What equal values have in common: the digits of a phone without its extension, an international `00` and the
 * trunk prefix of eleven-digit `8…` numbers told as the country code; letters of an e-mail in lower case.
 */
export function matchKeyOf(typeId: string, value: string): string {
  const text = value.trim()
  if (typeId !== 'PHONE') return text.toLowerCase()
  const number = text.replace(EXTENSION, '')
  const digits = number.replace(/\D/g, '')
  if (/^\s*\+/.test(number)) return digits
  if (digits.length > 9 && digits.startsWith('00')) return digits.slice(2)
  return digits.replace(COUNTRY_TRUNK, '7$1')
}

/** The multifields of some entities of one type, by entity, each in the order in which they were added. */
export async function multifieldsOf(
  read: Reader,
  type: CrmEntityType,
  ids: readonly number[],
): Promise<Map<number, Multifield[]>> {
  const found = new Map<number, Multifield[]>()
  if (ids.length === 0 || !hasMultifields(type)) return found
  const rows = await read.db
    .selectFrom('multifield')
    .select(['id', 'entityId', 'typeId', 'valueType', 'value'])
    .where('entityType', '=', type)
    .where('entityId', 'in', ids)
    .orderBy('id')
    .execute()
  for (const { entityId, ...multifield } of rows) {
    const list = found.get(entityId)
    if (list) list.push(multifield)
    else found.set(entityId, [multifield])
  }
  return found
}

function check({ typeId, value }: MultifieldChange): void {
  if (typeId === 'EMAIL' && value !== undefined && value !== '' && !EMAIL.test(value.trim())) {
    throw new InvalidField('EMAIL')
  }
}

/**
 * Adds, changes and deletes multifields. Refuses with `invalidField`. Answers whether anything changed.
 */
export async function changeMultifields(
  tx: Tx,
  type: CrmEntityType,
  entityId: number,
  changes: readonly MultifieldChange[],
): Promise<boolean> {
  if (changes.length === 0 || !hasMultifields(type)) return false
  for (const change of changes) check(change)
  const present = new Map(
    ((await multifieldsOf(tx, type, [entityId])).get(entityId) ?? []).map((each) => [each.id, each]),
  )
  let changed = false
  for (const { id, typeId, valueType, value } of changes) {
    const old = id === undefined ? undefined : present.get(id)
    const isEmpty = value === undefined || value === ''
    if (old?.typeId === typeId) {
      if (!isEmpty && value === old.value && (valueType ?? old.valueType) === old.valueType) continue
      await (isEmpty
        ? tx.db.deleteFrom('multifield').where('id', '=', old.id).execute()
        : tx.db
            .updateTable('multifield')
            .set({ value, valueType: valueType ?? old.valueType, matchKey: matchKeyOf(typeId, value) })
            .where('id', '=', old.id)
            .execute())
    } else if (!isEmpty) {
      const key = { entityType: type, entityId, typeId, matchKey: matchKeyOf(typeId, value) }
      await tx.db
        .insertInto('multifield')
        .values({ ...key, valueType: valueType ?? 'WORK', value })
        .execute()
    } else continue
    changed = true
  }
  return changed
}
