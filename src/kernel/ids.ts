import { createHash, randomBytes, randomUUID } from 'node:crypto'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'

/** Where the product draws random names and secrets, so that a test can foresee them. */
export interface Ids {
  /** A secret of so many characters out of `0-9a-z`: clients accept alphanumeric webhook codes only. */
  secret(length: number): string
  uuid(): string
}

export const randomIds: Ids = {
  secret(length) {
    let secret = ''
    while (secret.length < length) {
      // Bytes of 252 and more would favour the first letters of the alphabet.
      for (const byte of randomBytes(length)) {
        if (byte < 252 && secret.length < length) secret += ALPHABET[byte % 36]
      }
    }
    return secret
  },
  uuid: () => randomUUID(),
}

/** Foreseeable ids for tests: the same seed gives the same row of secrets. */
export function seededIds(seed: string): Ids {
  let drawn = 0
  const digest = (): Buffer => createHash('sha256').update(`${seed}:${drawn++}`).digest()
  return {
    secret(length) {
      let secret = ''
      while (secret.length < length) for (const byte of digest()) secret += ALPHABET[byte % 36]
      return secret.slice(0, length)
    },
    uuid() {
      const hex = digest().toString('hex')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
    },
  }
}
