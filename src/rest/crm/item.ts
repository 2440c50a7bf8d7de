import { z } from 'zod'
import { addEntity, deleteEntity, updateEntity } from '../../domain/crm/changes.ts'
import { countEntities, findEntity, listEntities } from '../../domain/crm/entities.ts'
import { accessLevel } from '../../domain/crm/access.ts'
import { openEntity, permittedLevel } from '../../domain/crm/permissions.ts'
import { InvalidField } from '../../domain/crm/refusals.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Reader } from '../../storage/store.ts'
import { type Call, Page, method, optional, required } from '../method.ts'
import { pageFrom, startParam } from '../paging.ts'
import { wire } from '../wire.ts'
import { fieldDescription, itemFields } from './describe-fields.ts'
import { camelCustomName, camelName, customName, entityTypeOf, itemNameOf } from './names.ts'
import { ITEM, UnreadableQuery, readFilter, readOrder } from './read-filter.ts'
import { UnreadableValue, readItemChange } from './read-values.ts'
import { type ItemSelection, itemEntity } from './show.ts'

const multifield = z.strictObject({ id: z.int(), valueType: z.string(), value: z.string(), typeId: z.string() })
const item = z
  .object({ id: z.int().positive(), fm: z.array(multifield).optional() })
  .catchall(z.json())
  .meta({ description: 'The item; which fields it has is told by `crm.item.fields`.' })
const oneItem = z.strictObject({ item })

const entityTypeId = required(wire.integer(), '1 lead, 2 deal, 3 contact, 4 company.', { invalid: 'typeNotFound' })
const itemId = required(wire.integer(), 'The id of the item.', { invalid: 'entityNotFound' })
const fieldsParam = required(wire.fields(), 'The fields by name; names that there are not are passed over.')
const useOriginalUfNames = optional(wire.flag(), '`Y` names custom fields `UF_CRM_…`, `N` `ufCrm…`; `N` when left out.')

const typeNotFound = ['NOT_FOUND', 400, 'SPA not found'] as const
const entityNotFound = ['NOT_FOUND', 400, 'Item not found'] as const
const accessDenied = ['ACCESS_DENIED', 400, 'Access denied'] as const
const notVisible = ['ACCESS_DENIED', 400, 'You do not have permission to view this item'] as const
const invalidValue = ['CRM_FIELD_ERROR_VALUE_NOT_VALID', 400, 'Invalid value for field "field"'] as const
const notIterable = ['100', 400, 'Expected iterable value for multiple field, but got type instead'] as const
const invalidArgument = (text: string) => ['INVALID_ARG_VALUE', 400, text] as const

function typeFrom(call: Call): CrmEntityType {
  return entityTypeOf(Number(call.params['entityTypeId'])) ?? call.fail('typeNotFound')
}

const selectionOf = (original: boolean | undefined): ItemSelection => ({
  names: undefined,
  originalCustomNames: original ?? false,
})

async function shownItem(call: Call, read: Reader, type: CrmEntityType, id: number): Promise<z.input<typeof item>> {
  const entity = await findEntity(read, type, id, { multifields: true, bindings: true })
  if (!entity) return call.fail('entityNotFound')
  const selection = selectionOf(call.params['useOriginalUfNames'] === true)
  return itemEntity(type, entity, selection, call.settings.timeZone) as z.input<typeof item>
}

/** Tells an unreadable or refused value by the errors of `crm.item.*`. */
async function tellingFields<T>(call: Call, type: CrmEntityType, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnreadableValue && error.got !== undefined) {
      return call.fail('notIterable', `Expected iterable value for multiple field, but got ${error.got} instead`)
    }
    if (!(error instanceof UnreadableValue || error instanceof InvalidField)) throw error
    const name =
      error instanceof UnreadableValue
        ? error.fieldName
        : error.field === 'EMAIL'
          ? 'fm'
          : itemNameOf(type, error.field)
    return call.fail('invalidValue', `Invalid value for field "${name}"`)
  }
}

export const itemAdd = method('crm.item.add', {
  doc: 'Adds a lead, a deal, a contact or a company and shows it.',
  scope: 'crm',
  params: { entityTypeId, fields: fieldsParam, useOriginalUfNames },
  result: oneItem,
  errors: { typeNotFound, entityNotFound, accessDenied, invalidValue, notIterable },
  write: async (call, tx) => {
    const type = typeFrom(call)
    const id = await tellingFields(call, type, () =>
      addEntity(tx, call.caller, type, readItemChange(type, call.params.fields, call.settings.timeZone), call.now),
    )
    return { item: await shownItem(call, tx, type, id) }
  },
})

export const itemGet = method('crm.item.get', {
  doc: 'Gives a lead, a deal, a contact or a company.',
  scope: 'crm',
  params: { entityTypeId, id: itemId, useOriginalUfNames },
  result: oneItem,
  errors: { typeNotFound, entityNotFound, accessDenied: notVisible },
  async read(call, read) {
    const type = typeFrom(call)
    const entity = await openEntity(read, call.caller, 'read', type, call.params.id, {
      multifields: true,
      bindings: true,
    })
    const shown = itemEntity(type, entity, selectionOf(call.params.useOriginalUfNames), call.settings.timeZone)
    return { item: shown as z.input<typeof item> }
  },
})

const PROBLEMS = {
  filterField: (name: string) => `Invalid filter: field '${name}' is not allowed in filter`,
  filterValue: (name: string) => `Invalid filter: field '${name}' has invalid value`,
  orderField: (name: string) => `Invalid order: field '${name}' is not allowed in order`,
  orderDirection: (name: string, got: string) =>
    `Invalid order: allowed sort directions are ASC, DESC. But got '${got}' for field '${name}'`,
}

export const itemList = method('crm.item.list', {
  doc: 'Lists leads, deals, contacts or companies that meet a filter and that the caller may read.',
  scope: 'crm',
  params: {
    entityTypeId,
    select: optional(wire.list(wire.text(), 500), 'The fields to show, or `*`; everything when left out.'),
    filter: optional(
      wire.json(),
      'Conditions by field, a prefix telling how to compare; groups nest, `logic` joins them.',
      {
        invalid: 'filterValue',
      },
    ),
    order: optional(wire.fields(), '`ASC` or `DESC` by field.', { invalid: 'orderField' }),
    start: startParam,
    useOriginalUfNames,
  },
  result: z.strictObject({ items: z.array(item) }),
  errors: {
    typeNotFound,
    filterField: invalidArgument(PROBLEMS.filterField('field')),
    filterValue: invalidArgument(PROBLEMS.filterValue('field')),
    orderField: invalidArgument(PROBLEMS.orderField('field')),
    orderDirection: invalidArgument(PROBLEMS.orderDirection('field', 'orderValue')),
  },
  async read(call, read) {
    const { params, caller, settings } = call
    const type = typeFrom(call)
    const level = await accessLevel(read, caller, 'read', type)
    const query = readQuery(call, type)
    const selection = readSelection(params.select, params.useOriginalUfNames ?? false)
    // The bindings and multifields of a page are one query each.
    const page = await pageFrom(params.start, {
      list: (offset, limit) =>
        listEntities(read, type, { ...query, offset, limit, multifields: true, bindings: true }, level, caller),
      count: () => countEntities(read, type, query.condition, level, caller),
    })
    const items = page.result.map(
      (each) => itemEntity(type, each, selection, settings.timeZone) as z.input<typeof item>,
    )
    return new Page({ items }, page.total, page.next)
  },
})

function readSelection(select: readonly string[] | undefined, originalCustomNames: boolean): ItemSelection {
  if (!select || select.length === 0 || select.includes('*')) return { names: undefined, originalCustomNames }
  return { names: new Set(['id', ...select.flatMap(selectedNames)]), originalCustomNames }
}

/** A name as it is shown, whichever way it was asked for. */
function selectedNames(name: string): string[] {
  const custom = customName(name)
  if (custom !== undefined) return [custom, camelCustomName(custom)]
  return name === 'fm' ? [] : [camelName(name)]
}

function readQuery(call: Call, type: CrmEntityType) {
  const { filter, order } = call.params as {
    filter?: Parameters<typeof readFilter>[1]
    order?: Parameters<typeof readOrder>[1]
  }
  try {
    if (filter !== undefined && typeof filter !== 'object') throw new UnreadableQuery('filterValue', 'filter')
    return {
      condition: readFilter(type, filter ?? {}, ITEM, call.settings.timeZone),
      order: readOrder(type, order ?? {}, ITEM),
    }
  } catch (error) {
    if (error instanceof UnreadableQuery)
      return call.fail(error.problem, PROBLEMS[error.problem](error.fieldName, error.got))
    throw error
  }
}

export const itemUpdate = method('crm.item.update', {
  doc: 'Changes the named fields of an item and shows it.',
  scope: 'crm',
  params: { entityTypeId, id: itemId, fields: fieldsParam, useOriginalUfNames },
  result: oneItem,
  errors: { typeNotFound, entityNotFound, accessDenied, invalidValue, notIterable },
  write: async (call, tx) => {
    const type = typeFrom(call)
    const { id, fields } = call.params
    await tellingFields(call, type, () =>
      updateEntity(tx, call.caller, type, id, readItemChange(type, fields, call.settings.timeZone), call.now),
    )
    return { item: await shownItem(call, tx, type, id) }
  },
})

export const itemDelete = method('crm.item.delete', {
  doc: 'Deletes an item with all that belongs to it.',
  scope: 'crm',
  params: { entityTypeId, id: itemId },
  result: z.array(z.never()),
  errors: { typeNotFound, entityNotFound, accessDenied },
  async write(call, tx) {
    await deleteEntity(tx, call.caller, typeFrom(call), call.params.id, call.now)
    return []
  },
})

export const itemFieldList = method('crm.item.fields', {
  doc: 'Describes the fields of a kind of items.',
  scope: 'crm',
  params: { entityTypeId, useOriginalUfNames },
  result: z.strictObject({ fields: z.record(z.string(), fieldDescription) }),
  errors: { typeNotFound, accessDenied: notVisible },
  async read(call, read) {
    const type = typeFrom(call)
    await permittedLevel(read, call.caller, 'read', type)
    return { fields: itemFields(type) }
  },
})
