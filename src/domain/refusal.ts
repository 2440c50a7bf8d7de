/**
 * A rule of the domain said no. `reason` is the domain's own word; `rest` gives it the code, status and text
 * that the called method documents for it.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reason: string

  constructor(reason: string, detail?: string) {
    super(detail ?? reason)
    this.reason = reason
  }
}
