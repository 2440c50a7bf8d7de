import { expect, test } from 'vitest'
import { mentionedIn, withoutMention } from '../../../src/domain/chats/mentions.ts'
import { formatUserCode, parseUserCode } from '../../../src/domain/openlines/conversations.ts'

test('whom a text names, each once', () => {
  const text = '[USER=12]Anna[/USER], [user=3 REPLACE]Boris[/user] and [USER=12]Anna[/USER]; not [USER=x] or USER=4'
  expect(mentionedIn(text)).toEqual([12, 3])
})

test.each([
  ['[USER=5]Bot[/USER], hello', 'hello'],
  ['[USER=5]Bot[/USER] , hello', ', hello'],
  ['hello [USER=5 REPLACE]Bot[/USER]', 'hello'],
  ['[USER=55]Other[/USER] hello', '[USER=55]Other[/USER] hello'],
  ['[USER=5]unclosed', '[USER=5]unclosed'],
])('%s without its mention of 5', (text, without) => {
  expect(withoutMention(text, 5)).toBe(without)
})

test.each([
  { connectorId: 'a', lineId: 1, externalChatId: 'c1', customerId: 2 },
  { connectorId: 'a', lineId: 1, externalChatId: 'c|1|2', customerId: 0 },
  { connectorId: 'a', lineId: 1, externalChatId: '', customerId: 2 },
  { connectorId: 'a', lineId: 1, externalChatId: 'two\nlines', customerId: 2 },
])('a user code is read as it was written: %o', (code) => {
  expect(parseUserCode(formatUserCode(code))).toEqual(code)
})

test.each(['', 'a|1|c', 'a|x|c|2', '|1|c|2', 'a|1|c|x'])('%j is no user code', (text) => {
  expect(parseUserCode(text)).toBeUndefined()
})
