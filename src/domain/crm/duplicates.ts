import { sql } from 'kysely'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { AccessLevel } from '../../storage/schema/people.ts'
import type { Reader } from '../../storage/store.ts'
import type { Accessor } from './access.ts'
import { entityTables } from './entities.ts'
import { matchKeyOf } from './multifields.ts'
import { withinReach } from './reach.ts'

export interface FoundEntity {
  readonly entityType: CrmEntityType
  readonly entityId: number
}

/** Who has this phone or e-mail: entities of every kind, whoever asks, the oldest first. */
export function findByCommunication(read: Reader, typeId: 'PHONE' | 'EMAIL', value: string): Promise<FoundEntity[]> {
  const key = matchKeyOf(typeId, value)
  if (key === '') return Promise.resolve([])
  return read.db
    .selectFrom('multifield')
    .select(['entityType', 'entityId'])
    .distinct()
    .where('typeId', '=', typeId)
    .where('matchKey', '=', key)
    .orderBy('entityType')
    .orderBy('entityId')
    .execute()
}

export interface DuplicateQuery {
  readonly typeId: 'PHONE' | 'EMAIL'
  readonly values: readonly string[]
  readonly entityType: CrmEntityType
  readonly limit: number
}

/** The ids of the entities of one type, within reach, that have one of the phones or e-mails. */
export async function findDuplicates(
  read: Reader,
  query: DuplicateQuery,
  level: AccessLevel,
  accessor: Accessor,
): Promise<number[]> {
  const keys = query.values.map((value) => matchKeyOf(query.typeId, value)).filter((key) => key !== '')
  if (keys.length === 0) return []
  const { entityType } = query
  const id = sql.ref<number>(`${entityType}.id`)
  const rows = await entityTables(read.db)
    .selectFrom(entityType)
    .select(id.as('id'))
    .where(
      id,
      'in',
      read.db
        .selectFrom('multifield')
        .select('multifield.entityId')
        .where('multifield.entityType', '=', entityType)
        .where('multifield.typeId', '=', query.typeId)
        .where('multifield.matchKey', 'in', keys),
    )
    .where(withinReach(entityType, level, accessor) ?? sql<boolean>`1 = 1`)
    .orderBy(id)
    .limit(query.limit)
    .execute()
  return rows.map((row) => row.id)
}
