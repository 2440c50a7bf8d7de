import { methodsOfEntity } from './classic.ts'

export const dealMethods = methodsOfEntity('deal')
