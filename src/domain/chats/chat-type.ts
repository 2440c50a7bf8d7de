import type { ChatKind } from '../../storage/schema/chats.ts'

const TYPES = { lines: 'L', chat: 'C', private: 'P' } as const satisfies Record<ChatKind, string>

/** The letter that a kind of chat is known by: an open channel `L`, a group `C` or `O` (open to all), two people `P`. */
export function chatType({ kind, isOpen }: { readonly kind: ChatKind; readonly isOpen: boolean }) {
  return kind === 'chat' && isOpen ? 'O' : TYPES[kind]
}
