import { methodsOfEntity } from './classic.ts'

export const leadMethods = methodsOfEntity('lead')
