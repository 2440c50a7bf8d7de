import { hash } from 'node:crypto'

/** SHA-256 in hex: how secrets are stored that are only ever compared, and how bodies are told apart. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}
