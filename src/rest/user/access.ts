import { z } from 'zod'
import { hasAnyAccessCode } from '../../domain/people/access-codes.ts'
import { findUser } from '../../domain/people/users.ts'
import { method, required } from '../method.ts'
import { out, wire } from '../wire.ts'

export const userAdmin = method('user.admin', {
  doc: 'Whether the caller is an administrator.',
  scope: 'basic',
  params: {},
  result: z.boolean(),
  read: async ({ caller }) => caller.isAdmin,
})

export const userAccess = method('user.access', {
  doc: 'Whether the caller has one of some access codes at least; an administrator always has.',
  scope: 'basic',
  params: {
    ACCESS: required(
      wire.list(wire.text(100)),
      'Access codes: `U12` a person, `G1` administrators, `G2` everybody, `AU` everybody who is logged in, `D3` a department, `DR3` one with those below it.',
    ),
  },
  result: z.boolean(),
  read: async ({ params, caller }, read) => caller.isAdmin || hasAnyAccessCode(read, caller, params.ACCESS),
})

const profileSchema = z.strictObject({
  ID: out.idText(),
  ADMIN: z.boolean(),
  NAME: z.string(),
  LAST_NAME: z.string(),
  PERSONAL_GENDER: z.string(),
  TIME_ZONE: z.string(),
  PERSONAL_PHOTO: z.string().optional(),
})

export const profile = method('profile', {
  doc: 'The caller in short, whatever his scopes; nothing where he has just been dismissed.',
  scope: 'basic',
  params: {},
  result: z.union([profileSchema, z.strictObject({})]),
  async read({ caller }, read) {
    const user = await findUser(read, caller.userId)
    if (!user?.active) return {}
    return {
      ID: String(user.id),
      ADMIN: caller.isAdmin,
      NAME: user.name,
      LAST_NAME: user.lastName,
      PERSONAL_GENDER: user.gender,
      TIME_ZONE: user.timeZone,
      ...(user.avatarUrl === '' ? {} : { PERSONAL_PHOTO: user.avatarUrl }),
    }
  },
})
