/**
 * What a client sent cannot be read: wrongly encoded, too deep or too many. The message is for the person
 * who wrote the client: it says what is wrong and what to do.
 */
export class MalformedInput extends Error {
  override readonly name = 'MalformedInput'
}
