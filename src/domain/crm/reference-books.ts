import type { Tx } from '../../storage/store.ts'

/** A word of a new portal's books: id, name, and where it matters the colour and the semantics (`S` won, `F` lost). */
type Word = readonly [statusId: string, name: string, color?: string, semantics?: 'S' | 'F']

interface Book {
  readonly title: string
  readonly words: readonly Word[]
  /** For books of stages: whose, and the stages that cannot go. */
  readonly stages?: {
    readonly entityTypeId: number
    readonly start: string
    readonly won: string
    readonly lost: string
  }
}

/** The reference books that a portal has. */
export const REFERENCE_BOOKS: Readonly<Record<string, Book>> = {
  STATUS: {
    title: 'Lead stages',
    stages: { entityTypeId: 1, start: 'NEW', won: 'CONVERTED', lost: 'JUNK' },
    words: [
      ['NEW', 'Unprocessed', '#39A8EF'],
      ['IN_PROCESS', 'In process', '#2FC6F6'],
      ['PROCESSED', 'Processed', '#55D0E0'],
      ['CONVERTED', 'High-quality lead', '#7BD500', 'S'],
      ['JUNK', 'Low-quality lead', '#FF5752', 'F'],
    ],
  },
  SOURCE: {
    title: 'Sources',
    words: [
      ['CALL', 'Call'],
      ['EMAIL', 'E-mail'],
      ['WEB', 'Website'],
      ['ADVERTISING', 'Advertising'],
      ['PARTNER', 'Existing client'],
      ['RECOMMENDATION', 'By recommendation'],
      ['TRADE_SHOW', 'Trade show'],
      ['WEBFORM', 'CRM form'],
      ['CALLBACK', 'Callback'],
      ['RC_GENERATOR', 'Sales generator'],
      ['STORE', 'Online store'],
      ['OTHER', 'Other'],
    ],
  },
  CONTACT_TYPE: {
    title: 'Contact type',
    words: [
      ['CLIENT', 'Client'],
      ['SUPPLIER', 'Supplier'],
      ['PARTNER', 'Partner'],
      ['OTHER', 'Other'],
    ],
  },
  COMPANY_TYPE: {
    title: 'Company type',
    words: [
      ['CUSTOMER', 'Client'],
      ['SUPPLIER', 'Supplier'],
      ['COMPETITOR', 'Competitor'],
      ['PARTNER', 'Partner'],
      ['OTHER', 'Other'],
    ],
  },
  EMPLOYEES: {
    title: 'Number of employees',
    words: [
      ['EMPLOYEES_1', 'less than 50'],
      ['EMPLOYEES_2', '50-250'],
      ['EMPLOYEES_3', '250-500'],
      ['EMPLOYEES_4', 'over 500'],
    ],
  },
  INDUSTRY: {
    title: 'Industry',
    words: [
      ['IT', 'Information Technology'],
      ['TELECOM', 'Telecommunication'],
      ['MANUFACTURING', 'Manufacturing'],
      ['BANKING', 'Banking'],
      ['CONSULTING', 'Consulting'],
      ['FINANCE', 'Finance'],
      ['GOVERNMENT', 'Government'],
      ['DELIVERY', 'Delivery'],
      ['ENTERTAINMENT', 'Entertainment'],
      ['NOTPROFIT', 'Non-profit'],
      ['OTHER', 'Other'],
    ],
  },
  DEAL_TYPE: {
    title: 'Deal type',
    words: [
      ['SALE', 'Sale'],
      ['COMPLEX', 'Integrated sale'],
      ['GOODS', 'Goods'],
      ['SERVICES', 'Services'],
      ['SERVICE', 'Maintenance'],
    ],
  },
  DEAL_STAGE: {
    title: 'General deal stages',
    stages: { entityTypeId: 2, start: 'NEW', won: 'WON', lost: 'LOSE' },
    words: [
      ['NEW', 'New', '#39A8EF'],
      ['PREPARATION', 'Document preparation', '#2FC6F6'],
      ['PREPAYMENT_INVOICE', 'Prepayment invoice', '#55D0E0'],
      ['EXECUTING', 'In progress', '#47E4C2'],
      ['FINAL_INVOICE', 'Final invoice', '#FFA900'],
      ['WON', 'Deal successful', '#7BD500', 'S'],
      ['LOSE', 'Deal failed', '#FF5752', 'F'],
      ['APOLOGY', 'Failure reason analysis', '#FF5752', 'F'],
    ],
  },
  HONORIFIC: {
    title: 'Salutations',
    words: [
      ['HNR_EN_1', 'Mr.'],
      ['HNR_EN_2', 'Mrs.'],
      ['HNR_EN_3', 'Ms.'],
      ['HNR_EN_4', 'Dr.'],
    ],
  },
}

/** Fills the reference books of a new portal; words that it has already stay as they are. */
export async function seedReferenceBooks(tx: Tx): Promise<void> {
  const rows = Object.entries(REFERENCE_BOOKS).flatMap(([entityId, { words, stages }]) =>
    words.map(([statusId, name, color = '', semantics = ''], place) => {
      const system = stages ? [stages.start, stages.won, stages.lost].includes(statusId) : false
      const sort = (place + 1) * 10
      return {
        entityId,
        statusId,
        name,
        sort,
        system,
        nameInit: system ? name : '',
        color,
        semantics,
        categoryId: null,
      }
    }),
  )
  await tx.db
    .insertInto('crmStatus')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
