import type { Dialog } from '../../domain/chats/dialogs.ts'

/**
 * The dialog that a `DIALOG_ID` names: `5` a private chat with that person, `chat17` a chat. `sg…` names a
 * workgroup's chat; there are no workgroups, so it is a chat that does not exist. None where it is neither.
 */
export function parseDialogId(text: string): Dialog | undefined {
  const found = /^(chat|sg)?(\d{1,15})$/.exec(text.trim())
  const id = Number(found?.[2] ?? 0)
  if (!found || id === 0) return undefined
  if (found[1] === undefined) return { kind: 'user', userId: id }
  return { kind: 'chat', chatId: found[1] === 'chat' ? id : 0 }
}
