import { z } from 'zod'
import { applicationInfo } from '../../domain/apps/applications.ts'
import { nameAccessCodes } from '../../domain/people/access-codes.ts'
import type { PortalSettings } from '../../domain/portals/settings.ts'
import { isoDate } from '../envelope.ts'
import { type Call, type Method, method, optional, required } from '../method.ts'
import { scopesOf } from '../registry.ts'
import { out, wire } from '../wire.ts'

const accessNameSchema = z.strictObject({ name: z.string(), provider: z.string(), provider_id: z.string() })

export const accessName = method('access.name', {
  doc: 'The names of access codes, by code; codes that stand for nothing are left out.',
  scope: 'basic',
  params: {
    ACCESS: optional(
      wire.list(wire.text(100)),
      'Access codes such as `U12`, `G2`, `AU`, `D3`, `DR3`; without any the answer is false.',
    ),
  },
  result: z.union([z.record(z.string(), accessNameSchema), z.literal(false)]),
  async read({ params }, read) {
    if (params.ACCESS === undefined || params.ACCESS.length === 0) return false as const
    const names = await nameAccessCodes(read, params.ACCESS)
    return Object.fromEntries(
      [...names].map(([code, { name, provider, providerId }]) => [code, { name, provider, provider_id: providerId }]),
    )
  },
})

export const featureGet = method('feature.get', {
  doc: 'Whether the portal has a feature.',
  scope: 'basic',
  params: {
    CODE: required(
      wire.text(100),
      '`rest_offline_extended` offline events; `rest_auth_connector` the source key of offline events.',
      {
        missing: 'codeEmpty',
        invalid: 'codeEmpty',
      },
    ),
  },
  result: z.strictObject({ value: out.yesNo() }),
  errors: { codeEmpty: ['CODE_EMPTY', 400, "CODE can't be empty"] },
  read: async ({ params, catalogue }) => ({ value: hasFeature(params.CODE, catalogue) ? 'Y' : 'N' }) as const,
})

/** Told by the methods themselves, so that it cannot go out of date. */
function hasFeature(code: string, catalogue: Call['catalogue']): boolean {
  switch (code) {
    case 'rest_offline_extended':
      return catalogue.find('event.offline.get') !== undefined
    case 'rest_auth_connector': {
      const names = Object.keys(catalogue.find('event.bind')?.params ?? {})
      return names.some((name) => name.toLowerCase() === 'auth_connector')
    }
    default:
      return false
  }
}

export const serverTime = method('server.time', {
  doc: 'The time of the server, in the portal’s zone.',
  scope: 'basic',
  params: {},
  result: out.dateTime(),
  read: async ({ now, settings }) => isoDate(now, settings.timeZone),
})

/** Carried by the dispatcher itself, not by a declaration. */
const BATCH = 'batch'

function isAvailable(declared: Method, scopes: readonly string[]): boolean {
  return scopesOf(declared).some((scope) => scope === 'basic' || scopes.includes(scope))
}

export const methodsList = method('methods', {
  doc: 'The names of the methods that the caller’s scopes let him call.',
  scope: 'basic',
  params: {
    full: optional(wire.flag(), 'All methods, whatever the scopes.'),
    scope: optional(wire.text(100), 'Only the methods of this scope; empty for those that need none.'),
  },
  result: z.array(z.string()),
  async read({ params, caller, catalogue }) {
    const inScope = params.scope === '' ? 'basic' : params.scope?.toLowerCase()
    const names = catalogue.list().flatMap((declared) => {
      if (inScope !== undefined) return scopesOf(declared).includes(inScope) ? [declared.name] : []
      return params.full || isAvailable(declared, caller.scopes) ? [declared.name] : []
    })
    return inScope === undefined || inScope === 'basic' ? [...names, BATCH].toSorted() : names
  },
})

export const methodGet = method('method.get', {
  doc: 'Whether a method exists, and whether the caller’s scopes let him call it.',
  scope: 'basic',
  params: { name: optional(wire.text(200), 'The name of the method, in any letter case.') },
  result: z.strictObject({ isExisting: z.boolean(), isAvailable: z.boolean() }),
  async read({ params, caller, catalogue }) {
    const name = params.name?.trim() ?? ''
    if (name.toLowerCase() === BATCH) return { isExisting: true, isAvailable: true }
    const declared = catalogue.find(name)
    return {
      isExisting: declared !== undefined,
      isAvailable: declared !== undefined && isAvailable(declared, caller.scopes),
    }
  },
})

export const scope = method('scope', {
  doc: 'The scopes that the caller has.',
  scope: 'basic',
  params: { full: optional(wire.flag(), 'All scopes that there are.') },
  result: z.array(z.string()),
  read: async ({ params, caller, catalogue }) =>
    params.full ? [...catalogue.scopes()] : [...new Set(caller.scopes)].toSorted(),
})

/** What this server is licensed as: it is nobody's plan but one's own. */
const LICENSE = 'selfhosted'

function licenseOf({ language }: PortalSettings): string {
  return `${language}_${LICENSE}`
}

export const appInfo = method('app.info', {
  doc: 'The application that calls. A webhook is told its scopes and the licence.',
  scope: 'basic',
  params: {},
  result: z.union([
    z.strictObject({
      ID: z.int().positive(),
      CODE: z.string(),
      VERSION: z.int(),
      STATUS: z.literal('L'),
      INSTALLED: z.boolean(),
      PAYMENT_EXPIRED: z.literal('N'),
      DAYS: z.null(),
      LANGUAGE_ID: z.string(),
      LICENSE: z.string(),
      LICENSE_TYPE: z.string(),
      LICENSE_FAMILY: z.string(),
    }),
    z.strictObject({ SCOPE: z.array(z.string()), LICENSE: z.string() }),
  ]),
  errors: { applicationNotFound: ['ACCESS_DENIED', 400, 'Access denied! Application context required'] },
  async read({ caller, settings }, read) {
    // The page refuses a webhook, the client libraries call it with one and read these two.
    if (caller.via.kind === 'webhook') return { SCOPE: [...caller.scopes], LICENSE: licenseOf(settings) }
    const application = await applicationInfo(read, caller.via.id)
    return {
      ID: application.id,
      CODE: application.clientId,
      VERSION: application.version,
      STATUS: 'L' as const,
      INSTALLED: application.installed,
      PAYMENT_EXPIRED: 'N' as const,
      DAYS: null,
      LANGUAGE_ID: settings.language,
      LICENSE: licenseOf(settings),
      LICENSE_TYPE: LICENSE,
      LICENSE_FAMILY: LICENSE,
    }
  },
})
