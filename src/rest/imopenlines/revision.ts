import { z } from 'zod'
import { method } from '../method.ts'

/** The revisions of the API that the server speaks. A client refuses to work with one that it does not know. */
const REVISIONS = { rest: 2, web: 1, mobile: 1 } as const

export const revisionGet = method('imopenlines.revision.get', {
  doc: 'Tells the revisions of the open channels API.',
  scope: 'imopenlines',
  params: {},
  result: z.strictObject({ rest: z.int(), web: z.int(), mobile: z.int() }),
  read: () => Promise.resolve(REVISIONS),
})
