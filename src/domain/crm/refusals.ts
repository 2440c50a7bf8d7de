import { Refusal } from '../refusal.ts'

/** A value that a field cannot take. `field` is the inner name of the field, or the type of a multifield. */
export class InvalidField extends Refusal {
  readonly field: string

  constructor(field: string) {
    super('invalidField')
    this.field = field
  }
}
