import { z } from 'zod'
import { addEntity, deleteEntity, updateEntity } from '../../domain/crm/changes.ts'
import { countEntities, listEntities } from '../../domain/crm/entities.ts'
import { openEntity, permittedLevel } from '../../domain/crm/permissions.ts'
import { InvalidField } from '../../domain/crm/refusals.ts'
import { fieldOf } from '../../domain/crm/fields.ts'
import { hasMultifields } from '../../domain/crm/multifields.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { type Call, type Method, Page, method, optional, required } from '../method.ts'
import { pageFrom, startParam } from '../paging.ts'
import { out, wire } from '../wire.ts'
import { classicErrors } from './classic-errors.ts'
import { classicFields, fieldDescription } from './describe-fields.ts'
import { CLASSIC, UnreadableQuery, readFilter, readOrder } from './read-filter.ts'
import { UnreadableValue, readClassicChange } from './read-values.ts'
import { CLASSIC_ONLY, EVERYTHING, type Shown, classicEntity, readSelection } from './show.ts'
import { WIRE_FIELDS } from './names.ts'

const multifields = z.array(
  z.strictObject({ ID: out.idText(), VALUE_TYPE: z.string(), VALUE: z.string(), TYPE_ID: z.string() }),
)
const text = z.string().nullable()

/** An entity in classic names: identifiers and amounts are strings, custom fields stand beside. */
function entitySchema(type: CrmEntityType) {
  const names = WIRE_FIELDS[type].flatMap(({ field, classic }) =>
    classic === undefined || field.type === 'references'
      ? []
      : [[classic, field.type === 'boolean' ? out.yesNo() : text] as const],
  )
  const shape: Record<string, z.ZodType> = {
    ...Object.fromEntries(names),
    ...Object.fromEntries(Object.keys(CLASSIC_ONLY[type]).map((name) => [name, text])),
    ID: out.idText(),
  }
  const lists = hasMultifields(type)
    ? {
        PHONE: multifields.optional(),
        EMAIL: multifields.optional(),
        WEB: multifields.optional(),
        IM: multifields.optional(),
        LINK: multifields.optional(),
      }
    : {}
  return z.object(shape).extend(lists).catchall(z.json())
}

const idParam = (what: string) =>
  required(wire.id(), `The id of the ${what}.`, { missing: 'idInvalid', invalid: 'idInvalid' })
const fieldsParam = (what: string) =>
  required(wire.fields(), `The fields of the ${what} by name; names that there are not are passed over.`, {
    missing: 'fieldsNotArray',
    invalid: 'fieldsNotArray',
  })
const optionsParam = optional(
  wire.fields(),
  'Options: `REGISTER_SONET_EVENT` and `REGISTER_HISTORY_EVENT` are taken, and everything is on record without them.',
  { invalid: 'paramsNotArray' },
)

/** Tells an unreadable or refused value by the method's own errors. */
async function tellingFields<T>(call: Call, type: CrmEntityType, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof InvalidField) {
      if (error.field === 'EMAIL') return call.fail('invalidEmail')
      return call.fail(
        'invalidValue',
        `Invalid value for the "${fieldOf(type, error.field)?.title ?? error.field}" field`,
      )
    }
    if (error instanceof UnreadableValue) {
      return call.fail('invalidValue', `Invalid value for the "${error.field?.title ?? error.fieldName}" field`)
    }
    throw error
  }
}

/** `crm.lead.*`, `crm.deal.*`, `crm.contact.*`, `crm.company.*`: one description for all four. */
export function methodsOfEntity(type: CrmEntityType): Method[] {
  const entity = entitySchema(type)
  const common = { scope: 'crm' } as const
  return [
    method(`crm.${type}.add`, {
      ...common,
      doc: `Adds a ${type} and answers its id.`,
      params: { fields: fieldsParam(type), params: optionsParam },
      result: z.int().positive(),
      errors: classicErrors(type, 'add'),
      write: (call, tx) =>
        tellingFields(call, type, () => {
          const change = readClassicChange(type, call.params.fields, call.settings.timeZone)
          return addEntity(tx, call.caller, type, change, call.now)
        }),
    }),
    method(`crm.${type}.get`, {
      ...common,
      doc: `Gives a ${type} with its custom fields and multifields.`,
      params: { id: idParam(type) },
      result: entity,
      errors: classicErrors(type, 'get'),
      async read({ params, caller, settings }, read) {
        const found = await openEntity(read, caller, 'read', type, params.id, { multifields: true })
        return classicEntity(type, found, EVERYTHING, settings.timeZone)
      },
    }),
    method(`crm.${type}.list`, {
      ...common,
      doc: `Lists those of the ${type === 'company' ? 'companies' : `${type}s`} that meet a filter and that the caller may read.`,
      params: {
        select: optional(
          wire.list(wire.text(), 500),
          'The fields to show: names, `*`, `UF_*`; everything but multifields when left out.',
        ),
        filter: optional(wire.fields(), 'Conditions by field; a prefix of the name tells how to compare.', {
          invalid: 'filterNotArray',
        }),
        order: optional(wire.fields(), '`ASC` or `DESC` by field.', { invalid: 'orderNotArray' }),
        start: startParam,
      },
      result: z.array(entity.partial().required({ ID: true })),
      errors: classicErrors(type, 'list'),
      async read(call, read) {
        const { params, caller, settings } = call
        const level = await permittedLevel(read, caller, 'read', type)
        const selection = readSelection(params.select)
        const query = readQuery(call, type)
        const wantsPresence =
          !selection.fields || ['HAS_PHONE', 'HAS_EMAIL', 'HAS_IMOL'].some((name) => selection.fields?.has(name))
        const page = await pageFrom(params.start, {
          list: (offset, limit) =>
            listEntities(
              read,
              type,
              { ...query, offset, limit, multifields: wantsPresence || selection.multifields.size > 0 },
              level,
              caller,
            ),
          count: () => countEntities(read, type, query.condition, level, caller),
        })
        const shown = page.result.map((each) => classicEntity(type, each, selection, settings.timeZone))
        return new Page<Shown[]>(shown, page.total, page.next)
      },
    }),
    method(`crm.${type}.update`, {
      ...common,
      doc: `Changes the named fields of a ${type}.`,
      params: { id: idParam(type), fields: fieldsParam(type), params: optionsParam },
      result: z.literal(true),
      errors: classicErrors(type, 'update'),
      write: (call, tx) =>
        tellingFields(call, type, async () => {
          const change = readClassicChange(type, call.params.fields, call.settings.timeZone)
          await updateEntity(tx, call.caller, type, call.params.id, change, call.now)
          return true as const
        }),
    }),
    method(`crm.${type}.delete`, {
      ...common,
      doc: `Deletes a ${type} with all that belongs to it.`,
      params: { id: idParam(type) },
      result: z.literal(true),
      errors: classicErrors(type, 'delete'),
      async write({ params, caller, now }, tx) {
        await deleteEntity(tx, caller, type, params.id, now)
        return true as const
      },
    }),
    method(`crm.${type}.fields`, {
      ...common,
      doc: `Describes the fields of a ${type}.`,
      params: {},
      result: z.record(z.string(), fieldDescription),
      errors: classicErrors(type, 'fields'),
      async read({ caller }, read) {
        await permittedLevel(read, caller, 'read', type)
        return classicFields(type)
      },
    }),
  ]
}

function readQuery(call: Call, type: CrmEntityType) {
  const { filter, order } = call.params as {
    filter?: Parameters<typeof readFilter>[1]
    order?: Parameters<typeof readOrder>[1]
  }
  try {
    return {
      condition: readFilter(type, filter ?? {}, CLASSIC, call.settings.timeZone),
      order: readOrder(type, order ?? {}, CLASSIC),
    }
  } catch (error) {
    if (error instanceof UnreadableQuery) return call.fail('generalError')
    throw error
  }
}
