import { B24Hook, B24OAuth, EnumAppStatus } from '@bitrix24/b24jssdk'

/**
 * Runs the official JavaScript SDK, as an integration would, in a process of its own: it takes its trust in the
 * local certificate authority from NODE_EXTRA_CA_CERTS, which Node reads only at start. Prints what it saw.
 */
interface Task {
  readonly webhook: string
  readonly message: Record<string, unknown>
  readonly oauth: {
    readonly url: string
    readonly accessToken: string
    readonly refreshToken: string
    readonly clientId: string
    readonly clientSecret: string
    readonly memberId: string
    readonly applicationToken: string
    readonly userId: number
  }
}

const METHOD = 'imopenlines.crm.message.add'
const task = JSON.parse(process.argv[2]!) as Task
const saw: Record<string, unknown> = {}

const hook = B24Hook.fromWebhookUrl(task.webhook)
const sent = await hook.actions.v2.call.make<number>({
  method: METHOD,
  params: task.message,
  requestId: 'from-the-sdk',
})
saw['hook'] = sent.getData()!.result
const repeated = await hook.actions.v2.call.make<number>({
  method: METHOD,
  params: task.message,
  requestId: 'from-the-sdk',
})
saw['repeated'] = repeated.getData()!.result
const refused = await hook.actions.v2.call
  .make({ method: METHOD, params: { ...task.message, CHAT_ID: 999_999 } })
  .catch((error: unknown) => error)
saw['refused'] =
  refused instanceof Error
    ? refused.message
    : (refused as { getErrorMessages(): string[] }).getErrorMessages().join('; ')
const batch = await hook.actions.v2.batch.make<{ ID: string }>({
  calls: {
    me: { method: 'user.current', params: {} },
    lead: { method: 'crm.lead.get', params: { id: task.message['CRM_ENTITY'] as number } },
  },
  options: { isHaltOnError: false },
})
saw['batch'] = batch.getData()
const leads = await hook.actions.v2.callList.make<{ ID: string }>({
  method: 'crm.lead.list',
  params: { select: ['ID'] },
  idKey: 'ID',
})
saw['leads'] = leads.getData()!.length
let fetched = 0
for await (const chunk of hook.actions.v2.fetchList.make<{ ID: string }>({
  method: 'crm.lead.list',
  params: { select: ['ID'] },
  idKey: 'ID',
}))
  fetched += chunk.length
saw['fetched'] = fetched
saw['healthy'] = await hook.tools.healthCheck.make()

const { oauth } = task
const application = new B24OAuth(
  {
    applicationToken: oauth.applicationToken,
    userId: oauth.userId,
    memberId: oauth.memberId,
    accessToken: oauth.accessToken,
    refreshToken: oauth.refreshToken,
    expires: 0,
    expiresIn: 3600,
    scope: 'imopenlines,crm,user',
    domain: new URL(oauth.url).host,
    clientEndpoint: `${oauth.url}/rest/`,
    serverEndpoint: `${oauth.url}/rest/`,
    status: EnumAppStatus.Local,
  },
  { clientId: oauth.clientId, clientSecret: oauth.clientSecret },
)
let renewals = 0
application.setCallbackRefreshAuth(async () => {
  renewals++
})
const byApplication = await application.actions.v2.call.make<number>({ method: METHOD, params: task.message })
saw['oauth'] = byApplication.getData()!.result
saw['renewals'] = renewals

console.log(JSON.stringify(saw))
