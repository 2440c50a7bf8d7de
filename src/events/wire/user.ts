import { findUser } from '../../domain/people/users.ts'
import { loadSettings } from '../../domain/portals/settings.ts'
import { isoDate } from '../../kernel/iso-date.ts'
import type { WireEvent } from './wire-event.ts'

export const userAdd: WireEvent = {
  name: 'ONUSERADD',
  doc: 'An employee has been added.',
  scope: 'user',
  on: 'user.added',
  async tell({ event, read }) {
    const { userId, kind } = event.payload as { readonly userId: number; readonly kind: string }
    const user = kind === 'employee' ? await findUser(read, userId) : undefined
    if (!user) return undefined
    const { timeZone } = await loadSettings(read)
    const departments = await read.db
      .selectFrom('userDepartment')
      .select('departmentId')
      .where('userId', '=', userId)
      .orderBy('departmentId')
      .execute()
    return {
      data: {
        ID: userId,
        ACTIVE: user.active ? 'Y' : 'N',
        EMAIL: user.email,
        NAME: user.name,
        LAST_NAME: user.lastName,
        PERSONAL_GENDER: user.gender,
        PERSONAL_BIRTHDAY: user.extra['PERSONAL_BIRTHDAY'] ?? '',
        UF_DEPARTMENT: departments.map(({ departmentId }) => departmentId),
        DATE_REGISTER: isoDate(user.createdAt, timeZone),
        WORK_POSITION: user.workPosition,
        UF_EMPLOYMENT_DATE: user.extra['UF_EMPLOYMENT_DATE'] ?? '',
      },
    }
  },
}
