import type { Arrange, Scenarios } from '../scenario.ts'
import { crmScenarios } from './crm.ts'
import { eventScenarios } from './event.ts'
import { imScenarios } from './im.ts'
import { imbotScenarios } from './imbot.ts'
import { imconnectorScenarios } from './imconnector.ts'
import { imopenlinesScenarios } from './imopenlines.ts'
import { peopleScenarios } from './people.ts'

const families: readonly Scenarios[] = [
  crmScenarios,
  eventScenarios,
  imScenarios,
  imbotScenarios,
  imconnectorScenarios,
  imopenlinesScenarios,
  peopleScenarios,
]

const byName = new Map(
  families.flatMap((family) => Object.entries(family)).map(([name, arrange]) => [name.toLowerCase(), arrange]),
)

export function scenarioOf(name: string): Arrange | undefined {
  return byName.get(name.toLowerCase())
}

export function scenarioNames(): string[] {
  return families.flatMap((family) => Object.keys(family))
}
