import { z } from 'zod'
import { createDepartment, deleteDepartment, updateDepartment } from '../../domain/people/departments.ts'
import { type DepartmentFilter, countDepartments, listDepartments } from '../../domain/people/department-list.ts'
import { Page, method, optional, required } from '../method.ts'
import { pageFrom, startParam } from '../paging.ts'
import { out, wire } from '../wire.ts'

const departmentSchema = z.strictObject({
  ID: out.idText(),
  NAME: z.string(),
  SORT: z.int(),
  /** Left out at the top of the company. */
  PARENT: out.idText().optional(),
  /** Left out where nobody leads. */
  UF_HEAD: out.idText().optional(),
})

const SORTS = { ID: 'id', NAME: 'name', SORT: 'sort', PARENT: 'parentId', UF_HEAD: 'headUserId' } as const

const SORT_NAMES = ['ID', 'NAME', 'SORT', 'PARENT', 'UF_HEAD'] as const
/** `sort` names a field and `SORT` filters by one, yet letter case tells nothing in what clients send: the value does. */
const sortOrFilter = z.union([wire.integer(), wire.oneOf(...SORT_NAMES)])

const idFilter = wire.list(wire.integer())

export const departmentGet = method('department.get', {
  doc: 'The departments of the company, by filter.',
  scope: 'department',
  params: {
    sort: optional(sortOrFilter, 'The field to sort by; ID where it is left out.'),
    order: optional(wire.oneOf('ASC', 'DESC'), 'The direction of sorting.'),
    ID: optional(idFilter, 'Only this department, or these.'),
    NAME: optional(wire.text(), 'Only departments of this whole name.'),
    SORT: optional(sortOrFilter, 'Only departments with this sorting number.'),
    PARENT: optional(idFilter, 'Only departments right below this one, or these.'),
    UF_HEAD: optional(idFilter, 'Only departments that this person leads, or these.'),
    START: startParam,
  },
  result: z.array(departmentSchema),
  async read({ params }, read) {
    const asked = [params.sort, params.SORT]
    const sortFilter = asked.find((value) => typeof value === 'number')
    const sortField = asked.find((value) => typeof value === 'string') ?? 'ID'
    const filter: DepartmentFilter = {
      ...(params.ID === undefined ? {} : { ids: params.ID }),
      ...(params.NAME === undefined || params.NAME === '' ? {} : { name: params.NAME }),
      ...(sortFilter === undefined ? {} : { sort: sortFilter }),
      ...(params.PARENT === undefined ? {} : { parentIds: params.PARENT }),
      ...(params.UF_HEAD === undefined ? {} : { headUserIds: params.UF_HEAD }),
    }
    const page = await pageFrom(params.START, {
      list: (offset, limit) =>
        listDepartments(read, filter, { sort: SORTS[sortField], descending: params.order === 'DESC', offset, limit }),
      count: () => countDepartments(read, filter),
    })
    const shown = page.result.map(({ id, name, sort, parentId, headUserId }) => ({
      ID: String(id),
      NAME: name,
      SORT: sort,
      ...(parentId === null ? {} : { PARENT: String(parentId) }),
      ...(headUserId === null ? {} : { UF_HEAD: String(headUserId) }),
    }))
    return new Page(shown, page.total, page.next)
  },
})

export const departmentFields = method('department.fields', {
  doc: 'The fields of a department and what they are called.',
  scope: 'department',
  params: {},
  result: z.strictObject({
    ID: z.string(),
    NAME: z.string(),
    SORT: z.string(),
    PARENT: z.string(),
    UF_HEAD: z.string(),
  }),
  read: async () => ({
    ID: 'ID',
    NAME: 'Department Name',
    SORT: 'Sort Order',
    PARENT: 'Parent Department',
    UF_HEAD: 'Manager',
  }),
})

const denied = ['ERROR_CORE', 400, 'Access denied'] as const
const secondTop = ['ERROR_CORE', 400, 'There can only be one top-level department in the company structure'] as const
const noName = ['ERROR_CORE', 400, 'Department name not provided.<br>'] as const
const noHead = ['ERROR_CORE', 400, 'The head must be an employee who works here'] as const
const notFound = ['ERROR_CORE', 400, 'Department not found'] as const

const LONGEST_NAME = 255

export const departmentAdd = method('department.add', {
  doc: 'Adds a department below another one. Its head joins it.',
  scope: 'department',
  auth: 'admin',
  params: {
    NAME: required(wire.text(LONGEST_NAME), 'The name.', { missing: 'emptyName' }),
    SORT: optional(wire.integer(), 'The sorting number; 500 where it is left out.'),
    PARENT: optional(wire.integer(), 'The department above; 0 or nothing makes the top of a company that has none.', {
      invalid: 'secondTop',
    }),
    UF_HEAD: optional(wire.integer(), 'The head, an employee; 0 leaves it without one.', { invalid: 'headNotFound' }),
  },
  result: z.int().positive().meta({ description: 'The id of the department.' }),
  errors: { adminOnly: denied, emptyName: noName, secondTop, headNotFound: noHead },
  write: ({ params }, tx) =>
    createDepartment(tx, {
      name: params.NAME,
      parentId: idOrNull(params.PARENT),
      headUserId: idOrNull(params.UF_HEAD),
      ...(params.SORT === undefined ? {} : { sort: params.SORT }),
    }),
})

export const departmentUpdate = method('department.update', {
  doc: 'Changes a department: what is named, the rest stays.',
  scope: 'department',
  auth: 'admin',
  params: {
    ID: required(wire.id(), 'The department.', { missing: 'departmentNotFound', invalid: 'departmentNotFound' }),
    NAME: optional(wire.text(LONGEST_NAME), 'The name.'),
    SORT: optional(wire.integer(), 'The sorting number.'),
    PARENT: optional(wire.integer(), 'The department above.', { invalid: 'secondTop' }),
    UF_HEAD: optional(wire.integer(), 'The head, an employee, who joins the department; 0 leaves it without one.', {
      invalid: 'headNotFound',
    }),
  },
  result: z.literal(true),
  errors: {
    adminOnly: denied,
    departmentNotFound: notFound,
    emptyName: noName,
    secondTop,
    headNotFound: noHead,
    circle: ['ERROR_CORE', 400, 'A department cannot stand below itself'],
  },
  async write({ params }, tx) {
    await updateDepartment(tx, params.ID, {
      ...(params.NAME === undefined ? {} : { name: params.NAME }),
      ...(params.SORT === undefined ? {} : { sort: params.SORT }),
      ...(params.PARENT === undefined ? {} : { parentId: idOrNull(params.PARENT) }),
      ...(params.UF_HEAD === undefined ? {} : { headUserId: idOrNull(params.UF_HEAD) }),
    })
    return true as const
  },
})

/** The page's title names it twice over, its examples once: clients may have taken either. */
const deletion = (name: 'department.delete' | 'department.department.delete') =>
  method(name, {
    doc: 'Deletes a department; its people, and the departments below it, move to the one above.',
    scope: 'department',
    auth: 'admin',
    params: {
      ID: required(wire.id(), 'The department.', { missing: 'departmentNotFound', invalid: 'departmentNotFound' }),
    },
    result: z.literal(true),
    errors: {
      adminOnly: denied,
      departmentNotFound: notFound,
      topStays: ['ERROR_CORE', 400, 'The top-level department cannot be deleted'],
    },
    async write({ params }, tx) {
      await deleteDepartment(tx, params.ID)
      return true as const
    },
  })

const methodsOfDeletion = () => [deletion('department.delete'), deletion('department.department.delete')]
export const departmentDelete = methodsOfDeletion()

function idOrNull(id: number | undefined): number | null {
  return id === undefined || id === 0 ? null : id
}
