import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parseDocument } from 'yaml'
import type { Scenario } from '../lab/scenario.ts'
import type { RehearseOptions } from './rehearse-command.ts'
import { UsageError } from './usage-error.ts'

/** The scenarios that there are, and how one of somebody else's is read. */
export interface Catalogue {
  readonly scenarios: readonly Scenario[]
  /** Names of scenarios by the name of their group; `default` is what runs when nothing is asked for. */
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** What is wrong with it, in sentences; empty when it is a Scenario. */
  readonly check: (value: unknown) => readonly string[]
}

type Choice = Pick<RehearseOptions, 'scenario' | 'rate' | 'replicas' | 'disruptions'>

/**
 * The scenarios that were asked for, each once, as the options change them.
 * @throws UsageError for a name that is not known, or a file that is no scenario.
 */
export function chooseScenarios(choice: Choice, catalogue: Catalogue): Scenario[] {
  const asked = choice.scenario.length === 0 ? ['default'] : choice.scenario
  const chosen = new Map<string, Scenario>()
  for (const scenario of asked.flatMap((text) => find(text, catalogue))) {
    const known = chosen.get(scenario.name)
    if (known !== undefined && !isDeepStrictEqual(known, scenario)) {
      throw new UsageError(
        `${scenario.name} is the name of two scenarios that were asked for: give one of them another`,
      )
    }
    chosen.set(scenario.name, scenario)
  }
  return [...chosen.values()].map((scenario) => changed(scenario, choice, catalogue))
}

const isFile = (text: string): boolean => /\.(ya?ml|json)$/i.test(text)

function find(text: string, { scenarios, groups, check }: Catalogue): readonly Scenario[] {
  if (isFile(text)) return [readScenario(text, check)]
  if (text === 'all') return scenarios
  const group = Object.hasOwn(groups, text) ? groups[text] : undefined
  if (group !== undefined) return scenarios.filter(({ name }) => group.includes(name))
  const found = scenarios.filter(({ name }) => name === text)
  if (found.length > 0) return found
  const known = [...Object.keys(groups), 'all', ...scenarios.map(({ name }) => name)]
  throw new UsageError(
    `--scenario ${text}: there is no such scenario. Write one of ${[...new Set(known)].join(', ')}, or a file that ends in .yaml or .json.`,
  )
}

function readScenario(path: string, check: Catalogue['check']): Scenario {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--scenario ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const document = parseDocument(text)
  const [broken] = document.errors
  if (broken !== undefined) throw new UsageError(`--scenario ${path}: ${broken.message}`)
  const value: unknown = document.toJS()
  const problems = check(value)
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `${basename(path)}: ${problem}`).join('\n'))
  return value as Scenario
}

/** What the options ask for is checked as if the scenario had said it. */
function changed(scenario: Scenario, { rate, replicas, disruptions }: Choice, { check }: Catalogue): Scenario {
  const next: Scenario = {
    ...scenario,
    ...(replicas === undefined ? {} : { replicas }),
    ...(disruptions === undefined ? {} : { disruptions }),
    load: { ...scenario.load, ...(rate === undefined ? {} : { ratePerSecond: rate }) },
  }
  const problems = check(next)
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `${scenario.name}: ${problem}`).join('\n'))
  return next
}

/** `--list`: a line for each scenario. */
export function listScenarios({ scenarios, groups }: Catalogue): string[] {
  const width = Math.max(0, ...scenarios.map(({ name }) => name.length))
  return scenarios.map(({ name, title }) => {
    const of = Object.keys(groups).filter((group) => groups[group]?.includes(name))
    return `${name.padEnd(width)}  ${title}${of.length === 0 ? '' : `  (${of.join(', ')})`}`
  })
}
