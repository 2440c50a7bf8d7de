import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { ErrorEntry, Errors } from '../method.ts'

export type ClassicAction = 'add' | 'get' | 'list' | 'update' | 'delete' | 'fields'

/** Most errors of these methods carry no code: the text alone tells them apart. */
const uncoded = (text: string): ErrorEntry => ['', 400, text]
const core = (text: string): ErrorEntry => ['ERROR_CORE', 400, text]

const COMMON = {
  accessDenied: uncoded('Access denied'),
  idInvalid: uncoded('ID is not defined or invalid'),
  entityNotFound: uncoded('Not found'),
  fieldsNotArray: uncoded("Parameter 'fields' must be array"),
  paramsNotArray: uncoded("Parameter 'params' must be array"),
  orderNotArray: uncoded("Parameter 'order' must be array"),
  filterNotArray: uncoded("Parameter 'filter' must be array"),
  generalError: uncoded('Failed to get list. General error'),
  invalidValue: uncoded('Invalid value for the "Currency" field'),
  invalidEmail: core('The field Work e-mail contains an invalid address'),
} as const satisfies Errors

type Reason = keyof typeof COMMON

const REASONS: Readonly<Record<ClassicAction, readonly Reason[]>> = {
  add: ['accessDenied', 'fieldsNotArray', 'paramsNotArray', 'invalidValue', 'invalidEmail'],
  get: ['accessDenied', 'idInvalid', 'entityNotFound'],
  list: ['accessDenied', 'orderNotArray', 'filterNotArray', 'generalError'],
  update: [
    'accessDenied',
    'idInvalid',
    'entityNotFound',
    'fieldsNotArray',
    'paramsNotArray',
    'invalidValue',
    'invalidEmail',
  ],
  delete: ['accessDenied', 'idInvalid', 'entityNotFound'],
  fields: ['accessDenied'],
}

const companyNotFound = uncoded('Company is not found')
const companyEmail = core('The E-mail field contains an invalid address')

/** Where the page of a method words an error in its own way. */
const OTHERWISE: Readonly<Record<string, Partial<Record<Reason, ErrorEntry>>>> = {
  'lead.add': { accessDenied: uncoded('Access denied.') },
  'deal.list': {
    accessDenied: uncoded('Access denied.'),
    orderNotArray: uncoded("Parameter 'order' must be array."),
    filterNotArray: uncoded("Parameter 'filter' must be array."),
    generalError: uncoded('Failed to get list. General error.'),
  },
  'contact.update': { entityNotFound: uncoded('Contact is not found') },
  'contact.delete': { entityNotFound: core('Element not found') },
  'company.add': { invalidEmail: companyEmail },
  'company.get': { idInvalid: uncoded('Not found') },
  'company.update': {
    idInvalid: companyNotFound,
    entityNotFound: companyNotFound,
    fieldsNotArray: uncoded("Parameter 'fields' must be an array"),
    paramsNotArray: uncoded("Parameter 'params' must be an array"),
    invalidEmail: companyEmail,
  },
  'company.delete': { idInvalid: companyNotFound, entityNotFound: companyNotFound },
}

/** The errors that a method documents, by the domain's reasons. */
export function classicErrors(type: CrmEntityType, action: ClassicAction): Errors {
  const own = REASONS[action].map((reason) => [reason, COMMON[reason]] as const)
  return { ...Object.fromEntries(own), ...OTHERWISE[`${type}.${action}`] }
}
