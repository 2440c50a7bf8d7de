import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { findPostgres, startPostgres } from './postgres-server.ts'

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows[0]
  } finally {
    await client.end()
  }
}

describe.runIf(findPostgres() !== undefined)('the PostgreSQL of the tests', () => {
  test('answers over TCP and over its socket, keeps its data over restarts and leaves nothing behind', async () => {
    const server = await startPostgres({ settings: { application_name: 'for_a_test' } })
    const folder = dirname(server.socketPath)
    try {
      await ask(server.url, `create table kept as select 'ß' as value`)
      await server.restart('immediate')
      expect(await ask(server.socketUrl, 'select value from kept')).toEqual({ value: 'ß' })
      await server.stop()
      await expect(ask(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
      await server.start()
      expect(
        await ask(
          server.url,
          `select current_setting('fsync') as fsync, current_setting('max_connections') as connections,
           current_setting('server_encoding') as encoding, inet_server_addr()::text as address`,
        ),
      ).toEqual({ fsync: 'off', connections: '200', encoding: 'UTF8', address: '127.0.0.1/32' })
    } finally {
      await server[Symbol.asyncDispose]()
    }
    expect(existsSync(folder)).toBe(false)
  })

  test('says with its log why it does not start', async () => {
    await expect(startPostgres({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(/shared_buffers/)
  })
})
