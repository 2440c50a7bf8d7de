/** An error as it goes on the wire: `{"error": code, "error_description": description}` with its status. */
export class RestError extends Error {
  override readonly name = 'RestError'
  readonly code: string
  readonly status: number
  /** More keys beside the two, where a page documents them. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(code: string, status: number, description: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(description)
    this.code = code
    this.status = status
    this.extra = extra
  }
}

/** The errors that every method can answer. Source: the reference's page of common errors. */
export const systemErrors = {
  internal: [
    'INTERNAL_SERVER_ERROR',
    500,
    'Internal server error: the call was not carried out. The server log has the reason',
  ],
  unexpectedAnswer: ['ERROR_UNEXPECTED_ANSWER', 500, 'Server returned an unexpected response'],
  queryLimit: ['QUERY_LIMIT_EXCEEDED', 503, 'Too many requests'],
  operationTimeLimit: ['OPERATION_TIME_LIMIT', 429, 'Method is blocked due to operation time limit'],
  batchMethodNotAllowed: ['ERROR_BATCH_METHOD_NOT_ALLOWED', 405, 'Method is not allowed for batch usage'],
  batchLength: ['ERROR_BATCH_LENGTH_EXCEEDED', 400, 'Max batch length exceeded: send at most 50 commands'],
  noAuth: ['NO_AUTH_FOUND', 401, 'Wrong authorization data'],
  invalidRequest: ['INVALID_REQUEST', 400, 'Https required'],
  unavailable: [
    'OVERLOAD_LIMIT',
    503,
    'The database cannot be reached just now: the call was not carried out. Repeat it in a moment',
  ],
  unknownOutcome: [
    'OVERLOAD_LIMIT',
    503,
    'The database went away while it was told to keep the call: it is not known whether it did. Repeat the call with the same request id, then nothing is done twice',
  ],
  overload: ['OVERLOAD_LIMIT', 503, 'REST API is blocked due to overload'],
  adminOnly: ['ACCESS_DENIED', 403, 'Access denied! Only an administrator may call this method'],
  accessDenied: ['ACCESS_DENIED', 403, 'Access denied!'],
  invalidCredentials: ['INVALID_CREDENTIALS', 403, 'Invalid request credentials'],
  insufficientScope: [
    'insufficient_scope',
    403,
    'The request requires higher privileges than provided by the access token',
  ],
  expiredToken: ['expired_token', 401, 'The access token provided has expired'],
  invalidToken: ['invalid_token', 401, 'Unable to get application by token'],
  userAccess: ['user_access_error', 403, 'The user does not have access to the application'],
  portalDeleted: ['PORTAL_DELETED', 500, 'Portal was deleted'],
  wrongAuthType: [
    'WRONG_AUTH_TYPE',
    403,
    'Current authorization type is denied for this method Application context required',
  ],
} as const satisfies Record<string, readonly [code: string, status: number, description: string]>

export function systemError(reason: keyof typeof systemErrors, description?: string): RestError {
  const [code, status, text] = systemErrors[reason]
  return new RestError(code, status, description ?? text)
}
