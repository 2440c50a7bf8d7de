/** What a name is made of. */
export interface Named {
  readonly name: string
  readonly lastName: string
  readonly email?: string
}

/** The name shown for a person; the e-mail, else `Guest`, where he has none. */
export function fullName({ name, lastName, email }: Named): string {
  return `${name} ${lastName}`.trim() || email || 'Guest'
}
