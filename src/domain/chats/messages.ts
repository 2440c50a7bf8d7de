import { prepared } from '../../storage/prepared.ts'
import type { Tx } from '../../storage/store.ts'
import { mentionedIn } from './mentions.ts'

/** The longest text of a message, in characters. */
export const LONGEST_MESSAGE = 20_000

export interface NewMessage {
  readonly chatId: number
  /** Who is shown as the sender; 0 is the system. */
  readonly authorId: number
  /** Who made the call. */
  readonly callerId: number
  readonly text: string
  readonly now: number
  /** What goes with the text: keyboards, attachments, by wire name. */
  readonly params?: Record<string, unknown>
  readonly isSystem?: boolean
  /** Whether the message stays here: it is not carried to the customer's messenger. */
  readonly skipConnector?: boolean
}

/** What `message.added` tells. */
export interface MessageAdded {
  readonly messageId: number
  readonly chatId: number
  readonly authorId: number
  readonly callerId: number
  readonly isSystem: boolean
  readonly skipConnector: boolean
}

const insertMessage = prepared<Required<NewMessage>>()((db, p) =>
  db.insertInto('message').values({
    chatId: p.chatId,
    authorId: p.authorId,
    callerId: p.callerId,
    text: p.text,
    params: p.params,
    isSystem: p.isSystem,
    skipConnector: p.skipConnector,
    createdAt: p.now,
  }),
)

const countMessage = prepared<{ chatId: number; messageId: number }>()((db, p) =>
  db
    .updateTable('chat')
    .set((eb) => ({ lastMessageId: p.messageId, messageCount: eb('messageCount', '+', 1) }))
    .where('id', '=', p.chatId),
)

const NO_PARAMS: Record<string, unknown> = {}

/** Writes a message into a chat, after everything about who may was decided. Answers its id. */
export async function addMessage(tx: Tx, message: NewMessage): Promise<number> {
  const { chatId, authorId, callerId, text, now, params = NO_PARAMS, isSystem = false, skipConnector = false } = message
  const row = { chatId, authorId, callerId, text, params, isSystem, skipConnector, now }
  const messageId = await tx.insert(insertMessage, row)
  await tx.run(countMessage, { chatId, messageId })
  await tx.emit({
    type: 'message.added',
    subject: `chat:${chatId}`,
    payload: { messageId, chatId, authorId, callerId, isSystem, skipConnector } satisfies MessageAdded,
  })
  return messageId
}

export interface MessageEdit {
  readonly messageId: number
  /** The new text; the old one stays where it is left out. */
  readonly text?: string | undefined
  /** What changes beside the text, by wire name; null takes a thing away. */
  readonly params?: Record<string, unknown>
  /** Whether the message is marked as edited. */
  readonly markEdited: boolean
  readonly skipConnector?: boolean
  readonly now: number
}

/** What `message.updated` tells. */
export interface MessageUpdated {
  readonly messageId: number
  readonly chatId: number
  readonly authorId: number
  readonly textChanged: boolean
  /** Of this change, or of the message itself: what the customer never had is not changed for him. */
  readonly skipConnector: boolean
}

/** Changes a message, after everything about who may was decided. Does nothing where nothing would change. */
export async function editMessage(tx: Tx, edit: MessageEdit): Promise<void> {
  const { messageId, text, params: patch = NO_PARAMS, markEdited, skipConnector = false, now } = edit
  const message = await tx.db
    .selectFrom('message')
    .select(['chatId', 'authorId', 'text', 'params', 'skipConnector'])
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow()
  if ((text === undefined || text === message.text) && Object.keys(patch).length === 0) return
  const merged: Record<string, unknown> = { ...message.params, ...patch, ...(markEdited ? { IS_EDITED: 'Y' } : {}) }
  const params = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
  await tx.db
    .updateTable('message')
    .set({ text: text ?? message.text, params, updatedAt: now })
    .where('id', '=', messageId)
    .execute()
  const { chatId, authorId } = message
  await tx.emit({
    type: 'message.updated',
    subject: `chat:${chatId}`,
    payload: {
      messageId,
      chatId,
      authorId,
      textChanged: text !== undefined && text !== message.text,
      skipConnector: skipConnector || message.skipConnector,
    } satisfies MessageUpdated,
  })
}

export interface MessageDeletion {
  readonly messageId: number
  /** Whether nothing remains of it, not even that there was one. */
  readonly complete?: boolean
  readonly skipConnector?: boolean
  readonly now: number
}

/** What `message.deleted` tells: the message itself can no longer be asked. */
export interface MessageDeleted {
  readonly messageId: number
  readonly chatId: number
  readonly authorId: number
  readonly complete: boolean
  readonly isSystem: boolean
  /** Of the deletion, or of the message itself: what the customer never had is not deleted for him. */
  readonly skipConnector: boolean
  /** When it was written, epoch milliseconds. */
  readonly writtenAt: number
  /** Whom its text named. */
  readonly mentioned: readonly number[]
  /** What it is called in the customer's messenger. */
  readonly externalIds: readonly string[]
}

/** The ids that a message has in the customer's messenger. */
export function externalIdsOf(params: Record<string, unknown>): string[] {
  const ids = params['CONNECTOR_MID']
  return Array.isArray(ids) ? ids.map(String) : []
}

/**
 * Deletes a message, after everything about who may was decided: what it said is erased, and a mark stays
 * in its place unless it is deleted completely.
 */
export async function deleteMessage(tx: Tx, deletion: MessageDeletion): Promise<void> {
  const { messageId, complete = false, skipConnector = false, now } = deletion
  const message = await tx.db
    .selectFrom('message')
    .select(['chatId', 'authorId', 'text', 'params', 'isSystem', 'skipConnector', 'createdAt'])
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow()
  const { chatId, authorId, isSystem } = message
  if (complete) await erase(tx, chatId, messageId)
  else {
    await tx.db
      .updateTable('message')
      .set({ text: '', params: {}, isDeleted: true, updatedAt: now })
      .where('id', '=', messageId)
      .execute()
  }
  await tx.emit({
    type: 'message.deleted',
    subject: `chat:${chatId}`,
    payload: {
      messageId,
      chatId,
      authorId,
      complete,
      isSystem,
      skipConnector: skipConnector || message.skipConnector,
      writtenAt: message.createdAt,
      mentioned: mentionedIn(message.text),
      externalIds: externalIdsOf(message.params),
    } satisfies MessageDeleted,
  })
}

async function erase(tx: Tx, chatId: number, messageId: number): Promise<void> {
  await tx.db.deleteFrom('message').where('id', '=', messageId).execute()
  const last = await tx.db
    .selectFrom('message')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('chatId', '=', chatId)
    .executeTakeFirst()
  await tx.db
    .updateTable('chat')
    .set((eb) => ({ messageCount: eb('messageCount', '-', 1), lastMessageId: last?.id ?? null }))
    .where('id', '=', chatId)
    .execute()
}
