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
]

/** Parameters that are documented as required, but without which the page tells of an answer, not of an error. */
export const requiredExceptions: readonly (Exception & { readonly param: string })[] = [
  { method: 'access.name', param: 'ACCESS', reason: 'The page: `false` where it is missing or empty.' },
  {
    method: 'im*.chat.get',
    param: 'ENTITY_*',
    reason: 'The page names no error; as for a chat that is not there, null.',
  },
]

export const scopeExceptions: readonly Exception[] = []

/** Documented errors that a method never answers. `error` is the code; where the code is empty, the text. */
export const errorExceptions: readonly (Exception & { readonly error: string })[] = [
  { method: 'imbot.chat.get', error: 'AUTHORIZE_ERROR', reason: 'There are no guest sessions here.' },
]

/** Places of an answer that differ from the documented example. */
export const resultExceptions: readonly (Exception & { readonly path: string })[] = [
  { method: 'im.dialog.messages.get', path: 'result.files', reason: 'Files are not kept yet.' },
]

/** Objects whose keys are data, not names. */
export const maps: readonly { readonly method: string; readonly path: string }[] = []
