/**
 * Every setting of an open channel, in one table: its inner name, its name on the wire, its type, its value
 * where a line has none of its own. `imopenlines.config.*` reads and writes lines by this table.
 */

interface Setting<Value> {
  readonly wireName: string
  readonly kind: 'flag' | 'integer' | 'text' | 'words' | 'time' | 'ids' | 'texts' | 'operator'
  readonly default: Value
  /** For `words` and lists of words: what may stand there. */
  readonly words?: readonly string[]
  readonly doc: string
}

/** How operators are shown to customers on lines that hide their profiles. */
export interface OperatorData {
  readonly name?: string
  readonly avatar?: string
  readonly avatarId?: string
}

const flag = (wireName: string, value: boolean, doc: string): Setting<boolean> => ({
  wireName,
  kind: 'flag',
  default: value,
  doc,
})
const integer = (wireName: string, value: number, doc: string): Setting<number> => ({
  wireName,
  kind: 'integer',
  default: value,
  doc,
})
const text = (wireName: string, value: string, doc: string): Setting<string> => ({
  wireName,
  kind: 'text',
  default: value,
  doc,
})
/** Minutes since midnight. */
const time = (wireName: string, value: number, doc: string): Setting<number> => ({
  wireName,
  kind: 'time',
  default: value,
  doc,
})
const words = <const Word extends string>(
  wireName: string,
  list: readonly [Word, ...Word[]],
  doc: string,
): Setting<Word> => ({
  wireName,
  kind: 'words',
  default: list[0],
  words: list,
  doc,
})
const ids = (wireName: string, doc: string): Setting<readonly number[]> => ({ wireName, kind: 'ids', default: [], doc })
const texts = (wireName: string, doc: string, list?: readonly string[]): Setting<readonly string[]> => ({
  wireName,
  kind: 'texts',
  default: [],
  ...(list && { words: list }),
  doc,
})

const RULES = ['text', 'none', 'form', 'bot', 'quality'] as const
const CLOSE_RULES = ['none', 'text', 'form', 'bot', 'quality'] as const
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

export const lineSettings = {
  crm: flag('CRM', true, 'Looks the customer up in the CRM and ties the chat to what is found.'),
  crmCreate: words('CRM_CREATE', ['lead', 'none', 'deal'], 'What is made in the CRM for a customer who is not there.'),
  crmCreateSecond: text(
    'CRM_CREATE_SECOND',
    '0',
    'A further mode of making a CRM entity, such as the pipeline of new deals.',
  ),
  crmCreateThird: flag('CRM_CREATE_THIRD', true, 'Whether a third CRM entity may be made.'),
  crmForward: flag('CRM_FORWARD', true, 'Offers the conversation first to whoever is responsible for the CRM entity.'),
  crmChatTracker: flag('CRM_CHAT_TRACKER', false, 'Looks for phones and e-mails in what the customer writes.'),
  crmTransferChange: flag(
    'CRM_TRANSFER_CHANGE',
    true,
    'A transfer of the conversation changes who is responsible in the CRM.',
  ),
  crmSource: text(
    'CRM_SOURCE',
    'create',
    'The source of CRM entities made for the line; `create` makes one for its connector.',
  ),
  queueTime: integer('QUEUE_TIME', 60, 'Seconds before the conversation is offered to the next operator.'),
  noAnswerTime: integer('NO_ANSWER_TIME', 60, 'Seconds before the rule for no answer is carried out.'),
  queueType: words('QUEUE_TYPE', ['evenly', 'strictly', 'all'], 'How conversations are distributed over the queue.'),
  checkAvailable: flag('CHECK_AVAILABLE', false, 'Passes over operators who are not available.'),
  watchTyping: flag('WATCH_TYPING', true, 'Shows when somebody types.'),
  welcomeBotEnable: flag('WELCOME_BOT_ENABLE', false, 'A bot greets the customer.'),
  welcomeMessage: flag('WELCOME_MESSAGE', true, 'Sends a welcome message.'),
  welcomeMessageText: text(
    'WELCOME_MESSAGE_TEXT',
    'Thank you for writing to us. An operator will answer you soon.',
    'The welcome message.',
  ),
  voteMessage: flag('VOTE_MESSAGE', true, 'Asks the customer how satisfied he is.'),
  voteTimeLimit: integer('VOTE_TIME_LIMIT', 0, 'Seconds in which the customer may vote; 0 is without limit.'),
  voteBeforeFinish: flag('VOTE_BEFORE_FINISH', true, 'Asks for the vote before the conversation ends.'),
  voteClosingDelay: flag('VOTE_CLOSING_DELAY', true, 'Closes the conversation at once after the vote.'),
  voteMessage1Text: text('VOTE_MESSAGE_1_TEXT', 'How was our service?', 'The question in the widget.'),
  voteMessage1Like: text('VOTE_MESSAGE_1_LIKE', 'Thank you!', 'The answer to a good vote in the widget.'),
  voteMessage1Dislike: text(
    'VOTE_MESSAGE_1_DISLIKE',
    'We are sorry and will do better.',
    'The answer to a bad vote in the widget.',
  ),
  voteMessage2Text: text(
    'VOTE_MESSAGE_2_TEXT',
    'How was our service? Send 1 for good, 0 for bad.',
    'The question in outside messengers.',
  ),
  voteMessage2Like: text('VOTE_MESSAGE_2_LIKE', 'Thank you!', 'The answer to a good vote in outside messengers.'),
  voteMessage2Dislike: text(
    'VOTE_MESSAGE_2_DISLIKE',
    'We are sorry and will do better.',
    'The answer to a bad vote in outside messengers.',
  ),
  agreementMessage: flag('AGREEMENT_MESSAGE', false, 'Shows a consent before the conversation.'),
  agreementId: integer('AGREEMENT_ID', 0, 'The consent that is shown.'),
  categoryEnable: flag('CATEGORY_ENABLE', false, 'Conversations have categories.'),
  categoryId: integer('CATEGORY_ID', 0, 'The category of new conversations.'),
  welcomeBotJoin: words(
    'WELCOME_BOT_JOIN',
    ['always', 'first'],
    'When the bot joins: in every conversation, or in the first one.',
  ),
  welcomeBotId: integer('WELCOME_BOT_ID', 0, 'The user id of the bot.'),
  welcomeBotTime: integer('WELCOME_BOT_TIME', 600, 'Seconds before the bot hands over to the queue.'),
  welcomeBotLeft: words('WELCOME_BOT_LEFT', ['queue', 'close'], 'When the bot leaves: on handing over, or at the end.'),
  noAnswerRule: words('NO_ANSWER_RULE', RULES, 'What is done when nobody answers.'),
  noAnswerFormId: integer('NO_ANSWER_FORM_ID', 0, 'The CRM form of that rule.'),
  noAnswerBotId: integer('NO_ANSWER_BOT_ID', 0, 'The bot of that rule.'),
  noAnswerText: text(
    'NO_ANSWER_TEXT',
    'Nobody can answer right now. We will come back to you.',
    'The text of that rule.',
  ),
  worktimeEnable: flag('WORKTIME_ENABLE', false, 'The line has working hours.'),
  worktimeFrom: time('WORKTIME_FROM', 9 * 60, 'When work begins, `HH:MM`.'),
  worktimeTo: time('WORKTIME_TO', 18 * 60 + 30, 'When work ends, `HH:MM`.'),
  worktimeTimezone: text('WORKTIME_TIMEZONE', '', 'The time zone of the working hours, such as `Europe/Berlin`.'),
  worktimeHolidays: texts('WORKTIME_HOLIDAYS', 'Holidays, `DD.MM,DD.MM`.'),
  worktimeDayoff: texts('WORKTIME_DAYOFF', 'Days of the week without work.', WEEKDAYS),
  worktimeDayoffRule: words('WORKTIME_DAYOFF_RULE', RULES, 'What is done outside the working hours.'),
  worktimeDayoffFormId: integer('WORKTIME_DAYOFF_FORM_ID', 0, 'The CRM form of that rule.'),
  worktimeDayoffBotId: integer('WORKTIME_DAYOFF_BOT_ID', 0, 'The bot of that rule.'),
  worktimeDayoffText: text(
    'WORKTIME_DAYOFF_TEXT',
    'We are away. Leave your question and we will answer in our working hours.',
    'The text of that rule.',
  ),
  closeRule: words('CLOSE_RULE', RULES, 'What is done when an operator closes the conversation.'),
  closeFormId: integer('CLOSE_FORM_ID', 0, 'The CRM form of that rule.'),
  closeBotId: integer('CLOSE_BOT_ID', 0, 'The bot of that rule.'),
  closeText: text('CLOSE_TEXT', 'Thank you for writing to us.', 'The text of that rule.'),
  fullCloseTime: integer('FULL_CLOSE_TIME', 10, 'Minutes after an operator’s close until it is final.'),
  autoCloseRule: words('AUTO_CLOSE_RULE', CLOSE_RULES, 'What is done when a conversation closes by itself.'),
  autoCloseFormId: integer('AUTO_CLOSE_FORM_ID', 0, 'The CRM form of that rule.'),
  autoCloseBotId: integer('AUTO_CLOSE_BOT_ID', 0, 'The bot of that rule.'),
  autoCloseTime: integer(
    'AUTO_CLOSE_TIME',
    14_400,
    'Seconds without a message until the conversation closes by itself.',
  ),
  autoCloseText: text('AUTO_CLOSE_TEXT', '', 'The text of that rule.'),
  autoExpireTime: integer('AUTO_EXPIRE_TIME', 86_400, 'Seconds that a conversation closed by itself lives on.'),
  temporary: flag('TEMPORARY', false, 'A line for a while only.'),
  languageId: text('LANGUAGE_ID', '', 'The language of the line; empty is the portal’s.'),
  quickAnswersIblockId: integer('QUICK_ANSWERS_IBLOCK_ID', 0, 'The list of quick answers; 0 is the line’s own.'),
  sessionPriority: integer('SESSION_PRIORITY', 0, 'Lines with more are served first.'),
  typeMaxChat: words(
    'TYPE_MAX_CHAT',
    ['answered_new', 'answered', 'closed'],
    'Which conversations count for `MAX_CHAT`.',
  ),
  maxChat: integer('MAX_CHAT', 0, 'How many conversations an operator may have at once; 0 is without limit.'),
  operatorData: words('OPERATOR_DATA', ['profile', 'queue', 'hide'], 'What customers see of operators.'),
  defaultOperatorData: {
    wireName: 'DEFAULT_OPERATOR_DATA',
    kind: 'operator',
    default: {},
    doc: 'What customers see where operators are hidden: `NAME`, `AVATAR`, `AVATAR_ID`.',
  } as Setting<OperatorData>,
  kpiFirstAnswerTime: integer(
    'KPI_FIRST_ANSWER_TIME',
    0,
    'Seconds in which the first answer should come; 0 is not watched.',
  ),
  kpiFirstAnswerAlert: flag('KPI_FIRST_ANSWER_ALERT', false, 'Tells when the first answer is late.'),
  kpiFirstAnswerList: ids('KPI_FIRST_ANSWER_LIST', 'Who is told.'),
  kpiFirstAnswerText: text(
    'KPI_FIRST_ANSWER_TEXT',
    '#OPERATOR# is late with the first answer in conversation #DIALOG#.',
    'What they are told.',
  ),
  kpiFurtherAnswerTime: integer(
    'KPI_FURTHER_ANSWER_TIME',
    0,
    'Seconds in which further answers should come; 0 is not watched.',
  ),
  kpiFurtherAnswerAlert: flag('KPI_FURTHER_ANSWER_ALERT', false, 'Tells when a further answer is late.'),
  kpiFurtherAnswerList: ids('KPI_FURTHER_ANSWER_LIST', 'Who is told.'),
  kpiFurtherAnswerText: text(
    'KPI_FURTHER_ANSWER_TEXT',
    '#OPERATOR# is late with an answer in conversation #DIALOG#.',
    'What they are told.',
  ),
  kpiCheckOperatorActivity: flag('KPI_CHECK_OPERATOR_ACTIVITY', false, 'Watches whether operators are active.'),
  sendNotificationEmptyQueue: flag('SEND_NOTIFICATION_EMPTY_QUEUE', false, 'Tells when nobody is in the queue.'),
  useWelcomeForm: flag('USE_WELCOME_FORM', false, 'Shows a CRM form before the conversation.'),
  welcomeFormId: integer('WELCOME_FORM_ID', 0, 'That form.'),
  welcomeFormDelay: flag('WELCOME_FORM_DELAY', true, 'Shows that form with a delay.'),
  sendWelcomeEachSession: flag(
    'SEND_WELCOME_EACH_SESSION',
    false,
    'Sends the welcome message in each conversation, not in the first alone.',
  ),
  confirmClose: flag('CONFIRM_CLOSE', false, 'Operators confirm that they close.'),
  ignoreWelcomeFormResponsible: flag(
    'IGNORE_WELCOME_FORM_RESPONSIBLE',
    false,
    'Passes over who is responsible by the form.',
  ),
} as const satisfies Record<string, Setting<unknown>>

export type LineSettings = {
  -readonly [Name in keyof typeof lineSettings]: (typeof lineSettings)[Name] extends Setting<infer Value>
    ? Value
    : never
}
export type LineSettingName = keyof LineSettings

export const lineSettingNames = Object.keys(lineSettings) as LineSettingName[]

const DEFAULTS: Readonly<Record<string, unknown>> = Object.fromEntries(
  lineSettingNames.map((name) => [name, lineSettings[name].default]),
)

/** All settings of a line: its own ones, and the defaults for the others. */
export function completeSettings(own: Readonly<Record<string, unknown>>): LineSettings {
  return { ...DEFAULTS, ...own } as LineSettings
}
