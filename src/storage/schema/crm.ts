import type { Defaulted, Id, Json, Millis } from './columns.ts'

/** What all four entities have. */
interface CommonColumns {
  id: Id
  title: Defaulted<string>
  assignedById: number
  createdById: number
  updatedById: number
  createdAt: Millis
  updatedAt: Millis
  /** Marked as available to everyone; kept for clients, rights come from roles alone. */
  opened: Defaulted<boolean>
  sourceId: Defaulted<string>
  sourceDescription: Defaulted<string>
  comments: Defaulted<string>
  originatorId: Defaulted<string>
  originId: Defaulted<string>
  xmlId: Defaulted<string>
  lastActivityAt: Millis
  /** Who did the last thing in the timeline; 0 while nobody but the creator has. */
  lastActivityById: Defaulted<number>
  /** Fields that have no column of their own: UTM marks and addresses by inner name, custom fields as `UF_…`. */
  extra: Json<Record<string, unknown>>
}

interface PersonColumns {
  name: Defaulted<string>
  secondName: Defaulted<string>
  lastName: Defaulted<string>
  honorific: Defaulted<string>
  post: Defaulted<string>
  /** `YYYY-MM-DD` or empty. */
  birthdate: Defaulted<string>
}

interface MoneyColumns {
  opportunity: Defaulted<number>
  currencyId: Defaulted<string>
  isManualOpportunity: Defaulted<boolean>
}

interface StageColumns {
  stageId: string
  /** `P` in process, `S` won, `F` lost. */
  stageSemantics: string
  movedAt: Millis
  movedById: number
  closed: Defaulted<boolean>
}

/** Entity tables are written by `domain/crm`. */
export interface LeadTable extends CommonColumns, PersonColumns, MoneyColumns, StageColumns {
  companyTitle: Defaulted<string>
  statusDescription: Defaulted<string>
  companyId: number | null
  /** The first of the bound contacts. */
  contactId: number | null
  closedAt: Millis | null
}

export interface DealTable extends CommonColumns, MoneyColumns, StageColumns {
  categoryId: Defaulted<number>
  typeId: Defaulted<string>
  companyId: number | null
  /** The first of the bound contacts. */
  contactId: number | null
  leadId: number | null
  probability: number | null
  /** `YYYY-MM-DD` or empty. */
  beginDate: Defaulted<string>
  /** `YYYY-MM-DD` or empty. */
  closeDate: Defaulted<string>
  additionalInfo: Defaulted<string>
}

export interface ContactTable extends CommonColumns, PersonColumns {
  typeId: Defaulted<string>
  /** The first of the bound companies. */
  companyId: number | null
  leadId: number | null
  export: Defaulted<boolean>
}

export interface CompanyTable extends CommonColumns {
  companyType: Defaulted<string>
  industry: Defaulted<string>
  employees: Defaulted<string>
  currencyId: Defaulted<string>
  revenue: Defaulted<number>
  leadId: number | null
  isMyCompany: Defaulted<boolean>
  bankingDetails: Defaulted<string>
}

export type CrmEntityType = 'lead' | 'deal' | 'contact' | 'company'

/** PHONE, EMAIL, WEB, IM of an entity. */
export interface MultifieldTable {
  id: Id
  entityType: CrmEntityType
  entityId: number
  typeId: string
  valueType: string
  value: string
  /** What duplicates are found by: digits of a phone, lower case of an e-mail. */
  matchKey: string
}

/** Which contacts stand at a lead or a deal, which companies at a contact. */
export interface CrmBindingTable {
  entityType: CrmEntityType
  entityId: number
  boundType: CrmEntityType
  boundId: number
  isPrimary: Defaulted<boolean>
  sort: Defaulted<number>
}

/** A word of a reference book: stages, sources, types. */
export interface CrmStatusTable {
  id: Id
  /** The book: `STATUS`, `SOURCE`, `DEAL_STAGE`, `CONTACT_TYPE`, … */
  entityId: string
  statusId: string
  name: string
  sort: Defaulted<number>
  /** Came with the portal: deleted by force only. */
  system: Defaulted<boolean>
  /** The name that it came with; empty for those that people add. */
  nameInit: Defaulted<string>
  color: Defaulted<string>
  semantics: Defaulted<string>
  categoryId: number | null
}
