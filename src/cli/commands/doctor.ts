import type { Command } from 'commander'
import { systemClock } from '../../kernel/clock.ts'
import { type Finding, checkClock, checkDatabases, checkFolder, checkNode, checkPorts, checkTls } from '../checks.ts'
import { print, printJson } from '../print.ts'
import { configOf, takeOptions } from '../take-options.ts'

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('look for what keeps the server from running well, and say what to do')
  takeOptions(command, ['data', 'addresses', 'tls', 'output', 'log']).action(async () => {
    const config = configOf(command)
    const now = systemClock.now()
    const findings: Finding[] = [
      checkNode(process.version),
      checkClock(now),
      await checkFolder(config.data),
      ...(await checkDatabases(config, now)),
      ...(await checkPorts(config)),
      ...(await checkTls(config, now)),
    ]
    if (config.json) printJson(findings)
    else for (const { ok, about, message } of findings) print(`${ok ? 'ok     ' : 'PROBLEM'}  ${about}: ${message}`)
    if (findings.some(({ ok }) => !ok)) process.exitCode = 1
  })
}
