import { afterEach, expect, test, vi } from 'vitest'
import { isThere } from './peers.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('a missing server leaves its tests out, or fails them where all are required', () => {
  vi.stubEnv('CORDBOARD_TEST_REQUIRE_ALL', '')
  expect([isThere('/usr/sbin/nats-server', 'nats-server'), isThere(undefined, 'nats-server')]).toEqual([true, false])
  vi.stubEnv('CORDBOARD_TEST_REQUIRE_ALL', '1')
  expect(isThere('/usr/sbin/nats-server', 'nats-server')).toBe(true)
  expect(() => isThere(undefined, 'nats-server')).toThrow('install the Debian package nats-server')
})
