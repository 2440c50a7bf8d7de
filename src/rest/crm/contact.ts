import { methodsOfEntity } from './classic.ts'

export const contactMethods = methodsOfEntity('contact')
