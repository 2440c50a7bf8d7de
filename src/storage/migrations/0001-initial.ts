import type { Migration, MigrationDb, TableDraft } from './table.ts'

async function people({ table, index }: MigrationDb): Promise<void> {
  await table('setting', (t) => t.textKey('key').json('value'))
  await table('user', (t) =>
    t
      .id()
      .text('kind')
      .boolean(true, 'active')
      .boolean(false, 'is_admin')
      .textOr('', 'name', 'last_name', 'second_name', 'email', 'phone', 'work_position', 'gender', 'avatar_url')
      .textOr('', 'color', 'time_zone', 'language', 'xml_id')
      .jsonOr('{}', 'extra')
      .integer('created_at', 'updated_at')
      .integerOrNull('last_activity_at', 'idle_since')
      .textOr('online', 'status'),
  )
  await index('user', ['kind', 'active'])
  await table('department', (t) =>
    t.id().text('name').integerOrNull('parent_id', 'head_user_id').integerOr(500, 'sort'),
  )
  await table('user_department', (t) => t.integer('user_id', 'department_id').key('user_id', 'department_id'))
  await index('user_department', ['department_id'])
  await table('role', (t) => t.id().text('code', 'name'))
  await index('role', ['code'], { unique: true })
  await table('user_role', (t) => t.integer('user_id', 'role_id').key('user_id', 'role_id'))
  await table('role_permission', (t) =>
    t.integer('role_id').text('entity_type', 'action', 'level').key('role_id', 'entity_type', 'action'),
  )
}

async function apps({ table, index }: MigrationDb): Promise<void> {
  await table('webhook', (t) =>
    t
      .id()
      .integer('user_id')
      .text('secret_hash')
      .textOr('', 'title')
      .json('scopes')
      .integer('created_at')
      .integerOrNull('last_used_at', 'revoked_at'),
  )
  await index('webhook', ['secret_hash'], { unique: true })
  await table('application', (t) =>
    t
      .id()
      .text('client_id', 'client_secret_hash', 'title')
      .json('scopes')
      .textOr('', 'handler_url', 'install_url')
      .text('application_token')
      .integerOr(1, 'version')
      .boolean(false, 'installed')
      .integer('created_at'),
  )
  await index('application', ['client_id'], { unique: true })
  await table('token', (t) =>
    t
      .id()
      .integer('application_id', 'user_id')
      .text('access_hash', 'refresh_hash')
      .json('scopes')
      .integer('access_expires_at', 'refresh_expires_at')
      .integerOrNull('refreshed_at')
      .integer('created_at'),
  )
  await index('token', ['application_id', 'user_id'])
  await index('token', ['refresh_expires_at'])
  await index('token', ['access_hash'], { unique: true })
  await index('token', ['refresh_hash'], { unique: true })
  await table('option', (t) =>
    t.text('owner').integer('user_id').text('name').json('value').key('owner', 'user_id', 'name'),
  )
  await table('answered_request', (t) =>
    t
      .text('caller', 'request_id', 'method', 'body_hash')
      .json('answer')
      .integer('created_at')
      .key('caller', 'request_id', 'method', 'body_hash'),
  )
  await index('answered_request', ['created_at'])
}

const common = (t: TableDraft): TableDraft =>
  t
    .id()
    .textOr('', 'title')
    .integer('assigned_by_id', 'created_by_id', 'updated_by_id', 'created_at', 'updated_at')
    .boolean(true, 'opened')
    .textOr('', 'source_id', 'source_description', 'comments', 'originator_id', 'origin_id', 'xml_id')
    .integer('last_activity_at')
    .integerOr(0, 'last_activity_by_id')
    .json('extra')
const person = (t: TableDraft): TableDraft =>
  t.textOr('', 'name', 'second_name', 'last_name', 'honorific', 'post', 'birthdate')
const money = (t: TableDraft): TableDraft =>
  t.realOr(0, 'opportunity').textOr('', 'currency_id').boolean(false, 'is_manual_opportunity')
const stage = (t: TableDraft): TableDraft =>
  t.text('stage_id', 'stage_semantics').integer('moved_at', 'moved_by_id').boolean(false, 'closed')

async function crm({ table, index }: MigrationDb): Promise<void> {
  await table('lead', (t) =>
    stage(money(person(common(t))))
      .textOr('', 'company_title', 'status_description')
      .integerOrNull('company_id', 'contact_id', 'closed_at'),
  )
  await table('deal', (t) =>
    stage(money(common(t)))
      .integerOr(0, 'category_id')
      .textOr('', 'type_id')
      .integerOrNull('company_id', 'contact_id', 'lead_id', 'probability')
      .textOr('', 'begin_date', 'close_date', 'additional_info'),
  )
  await table('contact', (t) =>
    person(common(t)).textOr('', 'type_id').integerOrNull('company_id', 'lead_id').boolean(true, 'export'),
  )
  await table('company', (t) =>
    common(t)
      .textOr('', 'company_type', 'industry', 'employees', 'currency_id')
      .realOr(0, 'revenue')
      .integerOrNull('lead_id')
      .boolean(false, 'is_my_company')
      .textOr('', 'banking_details'),
  )
  for (const entity of ['lead', 'deal', 'contact', 'company']) {
    await index(entity, ['assigned_by_id'])
    await index(entity, ['updated_at'])
  }
  for (const entity of ['lead', 'deal']) {
    await index(entity, ['stage_id'])
    await index(entity, ['contact_id'])
  }
  for (const entity of ['lead', 'deal', 'contact']) await index(entity, ['company_id'])
  await table('multifield', (t) =>
    t.id().text('entity_type').integer('entity_id').text('type_id', 'value_type', 'value', 'match_key'),
  )
  await index('multifield', ['entity_type', 'entity_id'])
  await index('multifield', ['type_id', 'match_key'])
  await table('crm_binding', (t) =>
    t
      .text('entity_type')
      .integer('entity_id')
      .text('bound_type')
      .integer('bound_id')
      .boolean(false, 'is_primary')
      .integerOr(0, 'sort')
      .key('entity_type', 'entity_id', 'bound_type', 'bound_id'),
  )
  await index('crm_binding', ['bound_type', 'bound_id'])
  await table('crm_status', (t) =>
    t
      .id()
      .text('entity_id', 'status_id', 'name')
      .integerOr(0, 'sort')
      .boolean(false, 'system')
      .textOr('', 'name_init', 'color', 'semantics')
      .integerOrNull('category_id'),
  )
  await index('crm_status', ['entity_id', 'status_id'], { unique: true })
}

async function chats({ table, index }: MigrationDb): Promise<void> {
  await table('chat', (t) =>
    t
      .id()
      .text('kind')
      .textOr('', 'title', 'description')
      .integerOr(0, 'owner_id')
      .textOr('', 'color', 'avatar_url')
      .textOrNull('code')
      .textOr('', 'entity_type', 'entity_id')
      .boolean(false, 'is_open')
      .integerOr(0, 'message_count')
      .integerOrNull('last_message_id')
      .integer('created_at', 'updated_at'),
  )
  await index('chat', ['kind', 'code'], { unique: true })
  await index('chat', ['entity_type', 'entity_id'])
  await table('chat_member', (t) =>
    t
      .integer('chat_id', 'user_id')
      .boolean(false, 'is_manager', 'is_hidden', 'muted', 'pinned')
      .integerOr(0, 'last_read_id', 'hidden_up_to_id')
      .integerOrNull('last_read_at')
      .integer('joined_at')
      .key('chat_id', 'user_id'),
  )
  await index('chat_member', ['user_id'])
  await table('message', (t) =>
    t
      .id()
      .integer('chat_id', 'author_id', 'caller_id')
      .text('text')
      .boolean(false, 'is_system', 'is_deleted', 'skip_connector')
      .json('params')
      .integer('created_at')
      .integerOrNull('updated_at'),
  )
  await index('message', ['chat_id', 'id'])
}

async function openlines({ table, index }: MigrationDb): Promise<void> {
  await table('line', (t) =>
    t.id().text('name').boolean(true, 'active').json('settings').integer('created_at', 'updated_at', 'updated_by_id'),
  )
  await table('line_queue', (t) => t.id().integer('line_id').integerOr(0, 'user_id', 'department_id', 'sort'))
  await index('line_queue', ['line_id'])
  await table('session', (t) =>
    t
      .id()
      .integer('line_id', 'chat_id')
      .text('connector_id')
      .integer('customer_id')
      .integerOr(0, 'operator_id')
      .text('state')
      .integer('started_by')
      .integer('first_message_id')
      .integerOrNull('last_message_id')
      .boolean(false, 'pinned', 'silent', 'spam', 'crm_created')
      .textOr('', 'source_url')
      .integerOrNull('head_vote')
      .textOrNull('head_comment')
      .integer('created_at', 'updated_at')
      .integerOrNull('answered_at', 'closed_at'),
  )
  await index('session', ['chat_id', 'id'])
  await index('session', ['chat_id'], { unique: true, where: "state <> 'closed'" })
  await index('session', ['line_id', 'state'])
  await index('session', ['operator_id', 'state'])
  await index('session', ['operator_id', 'id'])
  await table('chat_crm', (t) =>
    t.id().integer('chat_id').text('entity_type').integer('entity_id', 'created_at').integerOrNull('removed_at'),
  )
  await index('chat_crm', ['entity_type', 'entity_id'])
  await index('chat_crm', ['chat_id', 'entity_type', 'entity_id'], { unique: true, where: 'removed_at is null' })
  await table('quick_answer', (t) =>
    t
      .id()
      .integer('line_id', 'author_id')
      .text('text')
      .textOr('', 'section')
      .integerOr(0, 'uses')
      .integer('created_at'),
  )
  await index('quick_answer', ['line_id'])
  await table('connector', (t) =>
    t
      .textKey('id')
      .text('name')
      .textOr('', 'owner')
      .json('icon')
      .textOr('', 'placement_handler')
      .json('options')
      .integer('created_at'),
  )
  await table('connector_line', (t) =>
    t
      .text('connector_id')
      .integer('line_id')
      .boolean(false, 'active', 'configured', 'has_error')
      .json('data')
      .integer('updated_at')
      .key('connector_id', 'line_id'),
  )
  await index('connector_line', ['line_id'])
  await table('connector_user', (t) =>
    t
      .text('connector_id', 'external_id')
      .integer('user_id')
      .textOr('', 'profile_url')
      .key('connector_id', 'external_id'),
  )
  await index('connector_user', ['user_id'])
  await table('connector_message', (t) =>
    t
      .text('connector_id')
      .integer('line_id')
      .text('external_chat_id', 'external_message_id')
      .integer('chat_id', 'message_id')
      .key('connector_id', 'line_id', 'external_chat_id', 'external_message_id'),
  )
  await index('connector_message', ['message_id'])
  await table('bot', (t) =>
    t
      .integer('user_id')
      .text('code', 'owner', 'type')
      .boolean(false, 'open_lines')
      .json('handlers')
      .integer('created_at')
      .key('user_id'),
  )
  await index('bot', ['owner', 'code'], { unique: true })
  await table('bot_command', (t) =>
    t
      .id()
      .integer('bot_id')
      .text('command', 'handler')
      .boolean(false, 'common', 'hidden', 'extranet')
      .json('texts')
      .integer('created_at'),
  )
  await index('bot_command', ['bot_id', 'command'], { unique: true })
}

/** The schema of the first release, one function a context. */
export const initial: Migration = {
  name: '0001-initial',
  async up(migration) {
    await people(migration)
    await apps(migration)
    await crm(migration)
    await chats(migration)
    await openlines(migration)
    await migration.table('outbox', (t) => t.logId().text('type', 'subject').json('payload').integer('created_at'))
  },
}
