import type * as apps from './schema/apps.ts'
import type * as bots from './schema/bots.ts'
import type * as chats from './schema/chats.ts'
import type * as crm from './schema/crm.ts'
import type * as delivery from './schema/delivery.ts'
import type * as events from './schema/events.ts'
import type * as limits from './schema/limits.ts'
import type * as openlines from './schema/openlines.ts'
import type * as people from './schema/people.ts'
import type * as portals from './schema/portals.ts'
import type * as timers from './schema/timers.ts'

/**
 * Every table of a portal. Keys are camelCase here and snake_case in the database.
 * Any context may read any table; each is written by the one context that its file names.
 */
export interface Schema {
  setting: portals.SettingTable
  user: people.UserTable
  department: people.DepartmentTable
  userDepartment: people.UserDepartmentTable
  role: people.RoleTable
  userRole: people.UserRoleTable
  rolePermission: people.RolePermissionTable
  webhook: apps.WebhookTable
  application: apps.ApplicationTable
  token: apps.TokenTable
  option: apps.OptionTable
  answeredRequest: apps.AnsweredRequestTable
  lead: crm.LeadTable
  deal: crm.DealTable
  contact: crm.ContactTable
  company: crm.CompanyTable
  multifield: crm.MultifieldTable
  crmBinding: crm.CrmBindingTable
  crmStatus: crm.CrmStatusTable
  chat: chats.ChatTable
  chatMember: chats.ChatMemberTable
  message: chats.MessageTable
  line: openlines.LineTable
  lineQueue: openlines.LineQueueTable
  session: openlines.SessionTable
  chatCrm: openlines.ChatCrmTable
  quickAnswer: openlines.QuickAnswerTable
  connector: openlines.ConnectorTable
  connectorLine: openlines.ConnectorLineTable
  connectorUser: openlines.ConnectorUserTable
  connectorMessage: openlines.ConnectorMessageTable
  bot: bots.BotTable
  botCommand: bots.BotCommandTable
  outbox: events.OutboxTable
  event: events.EventTable
  eventSequence: events.EventSequenceTable
  eventHandler: delivery.EventHandlerTable
  eventFanOut: delivery.EventFanOutTable
  delivery: delivery.DeliveryTable
  deliveryLane: delivery.DeliveryLaneTable
  deliveryAttempt: delivery.DeliveryAttemptTable
  offlineEvent: delivery.OfflineEventTable
  timer: timers.TimerTable
  rateUse: limits.RateUseTable
  operatingUse: limits.OperatingUseTable
}
