import { prepared } from '../../storage/prepared.ts'
import type { ChatKind } from '../../storage/schema/chats.ts'
import type { Reader } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'
import { findPrivateChat } from './private-chats.ts'

/** What a dialog is named by: the other person of a private chat, or a chat. */
export type Dialog =
  { readonly kind: 'user'; readonly userId: number } | { readonly kind: 'chat'; readonly chatId: number }

/** A chat as one of its participants stands in it. */
export interface Participation {
  readonly chatId: number
  readonly kind: ChatKind
  readonly ownerId: number
  readonly isManager: boolean
  readonly lastReadId: number
  readonly hiddenUpToId: number
  readonly lastMessageId: number | null
}

const participationOf = prepared<{ chatId: number; userId: number }>()((db, p) =>
  db
    .selectFrom('chatMember')
    .innerJoin('chat', 'chat.id', 'chatMember.chatId')
    .select(['chat.id as chatId', 'chat.kind', 'chat.ownerId', 'chat.lastMessageId'])
    .select(['chatMember.isManager', 'chatMember.lastReadId', 'chatMember.hiddenUpToId'])
    .where('chatMember.chatId', '=', p.chatId)
    .where('chatMember.userId', '=', p.userId),
)

/** How somebody takes part in a chat, if he does. */
export async function participation(read: Reader, chatId: number, userId: number): Promise<Participation | undefined> {
  return read.first(participationOf, { chatId, userId })
}

/** The chat of a dialog as this person names it; none where two people never wrote to each other. */
export async function chatOfDialog(read: Reader, userId: number, dialog: Dialog): Promise<number | undefined> {
  return dialog.kind === 'chat' ? dialog.chatId : findPrivateChat(read, userId, dialog.userId)
}

/** Opens a dialog to read it. Only participants may, administrators too: refuses with `dialogDenied`. */
export async function openDialog(read: Reader, userId: number, dialog: Dialog): Promise<Participation> {
  const chatId = await chatOfDialog(read, userId, dialog)
  const opened = chatId === undefined ? undefined : await participation(read, chatId, userId)
  if (!opened) throw new Refusal('dialogDenied')
  return opened
}
