import { styleText } from 'node:util'
import type { Demo } from '../domain/portals/demo.ts'
import type { Addresses } from '../app.ts'
import { portalUrl } from '../domain/portals/portal.ts'
import { webhookUrl } from './with-portals.ts'

/** What `start` tells once the server listens. */
export interface Welcome {
  readonly addresses: Addresses
  /** Where others reach the server, when that is elsewhere. */
  readonly publicUrl: string | undefined
  /** The data folder; nothing where all is in memory. */
  readonly folder: string | undefined
  /** Whether handlers of events may be on this machine. */
  readonly callsPrivateNetworks: boolean
  /** The portal shown, which `webhook` and `demo` are of. */
  readonly portal: string
  readonly version: string
  readonly demo: Demo
  /** The webhook of the demo's administrator, if its secret is still known. */
  readonly webhook: { readonly userId: number; readonly secret: string } | undefined
}

/** For programs: one object, `null` for what is not there. */
export function welcomeJson({ addresses: { url, tlsUrl, ca, metricsUrl }, portal, demo, webhook }: Welcome): object {
  return {
    url,
    tlsUrl: tlsUrl ?? null,
    ca: ca ?? null,
    metricsUrl: metricsUrl ?? null,
    webhook: webhook ? webhookUrl(portalUrl(url, portal), webhook) : null,
    tlsWebhook: webhook && tlsUrl !== undefined ? webhookUrl(portalUrl(tlsUrl, portal), webhook) : null,
    ...demo,
  }
}

const title = (text: string): string => styleText('bold', text)

/** For people: where it is, what is in it, and two lines to paste. */
export function welcomeText(welcome: Welcome): string {
  const { addresses, publicUrl, folder, callsPrivateNetworks, portal, version, demo, webhook } = welcome
  const base = portalUrl(publicUrl ?? addresses.url, portal)
  const lines = [
    `${title(`Cordboard ${version}`)} listens on ${addresses.url}${addresses.tlsUrl === undefined ? '' : ` and ${addresses.tlsUrl}`}`,
    '',
    ...facts([
      ['Reached at', publicUrl],
      ['Metrics', addresses.metricsUrl],
      ['Data', folder ?? 'in memory: gone when the server stops'],
      [
        'Trust',
        addresses.ca === undefined
          ? undefined
          : `NODE_EXTRA_CA_CERTS=${quoted(addresses.ca)}, curl --cacert ${quoted(addresses.ca)}`,
      ],
      [
        'Webhook',
        webhook ? webhookUrl(base, webhook) : 'not shown again: "cordboard webhook create --user 1" makes a new one',
      ],
      [
        'With TLS',
        webhook && addresses.tlsUrl !== undefined
          ? webhookUrl(portalUrl(addresses.tlsUrl, portal), webhook)
          : undefined,
      ],
      [
        'Events',
        callsPrivateNetworks
          ? undefined
          : 'go to public addresses only: --allow-private-networks lets handlers be on this machine',
      ],
      ['Administrator', demo.admin?.id],
      ['Employees', demo.employees.map(({ id }) => id).join(', ') || undefined],
      ['Bot', demo.bot?.id],
      ['Line', demo.line?.id],
      ...(['lead', 'deal', 'contact', 'company'] as const).map((kind) => [capital(kind), linked(demo[kind])] as const),
    ]),
  ]
  const call =
    webhook && demo.admin && demo.lead?.chatId
      ? { to: webhookUrl(base, webhook), userId: demo.admin.id, leadId: demo.lead.id, chatId: demo.lead.chatId }
      : undefined
  if (call)
    lines.push(
      '',
      title('Post a message into the chat of the lead:'),
      '',
      `  ${postLine(call)}`,
      '',
      title('Read it back:'),
      '',
      `  ${readLine(call)}`,
    )
  lines.push('', 'Ctrl+C stops the server.', '')
  return lines.join('\n')
}

interface Call {
  /** The webhook, with a slash at its end. */
  readonly to: string
  readonly userId: number
  readonly leadId: number
  readonly chatId: number
}

function postLine({ to, userId, leadId, chatId }: Call): string {
  const body = {
    CRM_ENTITY_TYPE: 'lead',
    CRM_ENTITY: leadId,
    USER_ID: userId,
    CHAT_ID: chatId,
    MESSAGE: 'Hello from cURL',
  }
  return `curl -s ${quoted(`${to}imopenlines.crm.message.add`)} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(body))}`
}

export function readLine({ to, chatId }: Call): string {
  return `curl -s ${quoted(`${to}im.dialog.messages.get?DIALOG_ID=chat${chatId}&LIMIT=1`)}`
}

/** As a shell takes it literally, where it needs that. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function facts(pairs: readonly (readonly [string, string | number | undefined])[]): string[] {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(15)}${value}`]))
}

function linked(entity: { readonly id: number; readonly chatId?: number | null } | null): string | undefined {
  if (!entity) return undefined
  return entity.chatId ? `${entity.id}, with chat ${entity.chatId}` : String(entity.id)
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
