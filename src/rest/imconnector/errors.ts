/** Both texts are on the reference's pages. */
export const appOnly = {
  wrongAuthType: [
    'WRONG_AUTH_TYPE',
    403,
    'Current authorization type is denied for this method Application context required',
  ],
} as const

export const appOnlyWithStop = {
  wrongAuthType: [
    'WRONG_AUTH_TYPE',
    403,
    'Current authorization type is denied for this method. Application context required',
  ],
} as const
