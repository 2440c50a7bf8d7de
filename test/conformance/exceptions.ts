/** Where this server and the documented contract differ, each with the reason. `*` stands for anything. */

interface Exception {
  readonly method: string
  readonly reason: string
}

/** Parameters that are documented and not declared, or declared and not documented. */
export const paramExceptions: readonly (Exception & { readonly param: string })[] = [
  { method: 'im*.chat.add', param: 'AVATAR', reason: 'Pictures are not kept yet.' },
  { method: 'im.chat.add', param: 'COPILOT_MAIN_ROLE', reason: 'There is no CoPilot here.' },
  { method: 'user.add', param: 'EXTRANET', reason: 'The text of the page tells of it, its table does not.' },
  { method: 'user.add', param: 'SONET_GROUP_ID', reason: 'The text of the page tells of it, its table does not.' },
  { method: 'crm.contact.update', param: 'params', reason: 'As in the other entities.' },
]

/** Parameters that are documented as required, but without which the page tells of an answer, not of an error. */
export const requiredExceptions: readonly (Exception & { readonly param: string })[] = [
  { method: 'access.name', param: 'ACCESS', reason: 'The page: `false` where it is missing or empty.' },
  {
    method: 'im*.chat.get',
    param: 'ENTITY_*',
    reason: 'The page names no error; as for a chat that is not there, null.',
  },
  { method: 'imbot.command.answer', param: 'COMMAND*', reason: 'The page: either the id or the name of the command.' },
]

export const scopeExceptions: readonly Exception[] = []

/** Documented errors that a method never answers. `error` is the code; where the code is empty, the text. */
export const errorExceptions: readonly (Exception & { readonly error: string })[] = [
  { method: 'imbot.chat.get', error: 'AUTHORIZE_ERROR', reason: 'There are no guest sessions here.' },
  {
    method: 'crm.*',
    error: '*isk resource*',
    reason: 'What a plan allows is no matter here; a full disk is a server error.',
  },
  { method: 'crm.item.*', error: 'allowed_only_intranet_user', reason: 'Nobody but employees can call.' },
  { method: 'crm.item.*', error: '*_DYNAMIC_ITEM_RESTRICTED', reason: 'There are no plans here.' },
  {
    method: 'crm.item.update',
    error: 'Insufficient permissions to change the stage',
    reason: 'No rights stage by stage.',
  },
  {
    method: 'crm.status.delete',
    error: 'Error on deleting status.',
    reason: 'It names no cause; what fails is a server error.',
  },
]

/** Places of an answer that differ from the documented example. */
export const resultExceptions: readonly (Exception & { readonly path: string })[] = [
  { method: 'im.dialog.messages.get', path: 'result.files', reason: 'Files are not kept yet.' },
  {
    method: 'event.offline.get',
    path: 'result.events[].EVENT_DATA',
    reason: 'The example is of an event that told nothing; a lead tells its id.',
  },
  { method: 'event.offline.list', path: 'result[].EVENT_DATA', reason: 'As in event.offline.get.' },
  { method: 'im.recent.list', path: 'result.copilot.*', reason: 'There is no CoPilot here.' },
  { method: 'imopenlines.dialog.get', path: 'result.readed_list[].date', reason: 'When somebody read is known here.' },
  {
    method: 'imopenlines.config.list.get',
    path: 'result[].QUEUE_USERS_FIELDS{}.USER_AVATAR_ID',
    reason: 'Pictures are not kept yet.',
  },
  { method: 'crm.company.get', path: 'result.COMMENTS', reason: 'An empty text is none, as in the other entities.' },
  {
    method: 'crm.contact.get',
    path: 'result.ADDRESS_COUNTRY_CODE',
    reason: 'The page of fields has it; the example leaves it out.',
  },
  { method: 'crm.lead.list', path: 'result[].ADDRESS_LOC_ADDR_ID', reason: 'There is no book of places here.' },
  { method: 'crm.item.add', path: 'result.item.quoteId', reason: 'There are no estimates here.' },
  {
    method: 'crm.item.fields',
    path: 'result.fields.*',
    reason: 'The example is of a smart process; here it is of a deal.',
  },
  { method: 'crm.status.get', path: 'result.CATEGORY_ID', reason: 'There is but the one pipeline.' },
  { method: 'imopenlines.session.history.get', path: 'result.files', reason: 'Files are not kept yet.' },
  { method: 'imopenlines.session.history.get', path: 'result.users{}.avatarId', reason: 'Pictures are not kept yet.' },
  {
    method: 'imopenlines.session.history.get',
    path: 'result.message{}.params',
    reason:
      'Of a message with attachments in the example; of a plain one, the empty list that its page shows elsewhere.',
  },
]

/** Objects whose keys are data, not names. */
export const maps: readonly { readonly method: string; readonly path: string }[] = [
  { method: 'imconnector.list', path: 'result' },
]
