import { ANNA, BORIS } from '../../support/portal.ts'
import type { Scenarios } from '../scenario.ts'
import { byApplication } from '../scenario.ts'
import { salesDepartment } from '../world.ts'

/** Users, departments and what every application asks about the portal. */
export const peopleScenarios: Scenarios = {
  'user.add': () => ({
    params: { EMAIL: 'new@example.com', NAME: 'Nora', UF_DEPARTMENT: [1], WORK_POSITION: 'Clerk' },
  }),
  'user.current': () => ({ params: {} }),
  'user.fields': () => ({ params: {} }),
  'user.get': () => ({ params: { FILTER: { ACTIVE: true }, sort: 'ID', order: 'ASC' } }),
  'user.search': () => ({ params: { FILTER: { NAME: 'A' }, sort: 'ID', order: 'ASC' } }),
  'user.update': () => ({ params: { ID: BORIS, NAME: 'Bob', PERSONAL_MOBILE: '+49 30 1' } }),
  'user.access': () => ({ params: { ACCESS: ['U1', 'AU'] } }),
  'user.admin': () => ({ params: {} }),

  'department.add': () => ({ params: { NAME: 'Support', PARENT: 1, SORT: 100, UF_HEAD: ANNA } }),
  'department.department.delete': async (t) => ({ params: { ID: await salesDepartment(t) } }),
  'department.fields': () => ({ params: {} }),
  'department.get': async (t) => {
    // One without a head, like those of the example.
    await t.call('department.add', { NAME: 'Legal', PARENT: 1 })
    return { params: { NAME: 'Legal' } }
  },
  'department.update': async (t) => ({ params: { ID: await salesDepartment(t), NAME: 'Sales and more' } }),

  'access.name': () => ({ params: { ACCESS: ['G2', 'AU'] } }),
  'app.info': async (t) => ({ params: {}, caller: await byApplication(t) }),
  'app.option.get': async (t) => {
    const caller = await byApplication(t)
    await t.call('app.option.set', { options: { data: 'value', data2: 'value2' } }, caller)
    return { params: {}, caller }
  },
  'app.option.set': async (t) => ({ params: { options: { data: 'value' } }, caller: await byApplication(t) }),
  'feature.get': () => ({ params: { CODE: 'rest_offline_extended' } }),
  'method.get': () => ({ params: { name: 'user.get' } }),
  methods: () => ({ params: {} }),
  profile: () => ({ params: {} }),
  scope: () => ({ params: {} }),
  'server.time': () => ({ params: {} }),
  'user.option.get': async (t) => {
    const caller = await byApplication(t)
    await t.call('user.option.set', { options: { data: 'value', data2: 'value2' } }, caller)
    return { params: {}, caller }
  },
  'user.option.set': async (t) => ({ params: { options: { data: 'value' } }, caller: await byApplication(t) }),
}
