import { methodsOfEntity } from './classic.ts'

export const companyMethods = methodsOfEntity('company')
