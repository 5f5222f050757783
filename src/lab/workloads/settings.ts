import { hostname } from 'node:os'
import { type Protocol, protocols, type ServerProgram, serverPrograms } from '../scenario.ts'
import type { FaultSettings } from './faults.ts'

/** What the environment says of a workload. */
export interface Settings {
  readonly server: ServerProgram
  readonly protocol: Protocol
  /** 0 takes a free one. */
  readonly port: number
  /** The name that answers give. */
  readonly pod: string
  /** How many requests it works on at a time. */
  readonly concurrency: number
  readonly faults: FaultSettings
}

/** @throws Error that says which variable cannot be used, and what it may be. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const { POD_NAME, HOSTNAME } = environment
  return {
    server: readChoice(environment, 'SERVER', serverPrograms, 'close-at-once'),
    protocol: readChoice(environment, 'PROTOCOL', protocols, 'http'),
    port: readWhole(environment, 'PORT', 8080, 0),
    pod: POD_NAME ?? HOSTNAME ?? hostname(),
    concurrency: readWhole(environment, 'SERVER_CONCURRENCY', Number.POSITIVE_INFINITY, 1),
    faults: {
      errorRate: readShare(environment, 'ERROR_RATE'),
      errorAbove: readWhole(environment, 'ERROR_ABOVE', 0, 0),
      leakMiBPerSecond: readWhole(environment, 'LEAK_MIB_PER_SECOND', 0, 0),
    },
  }
}

function readChoice<T extends string>(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  choices: readonly T[],
  otherwise: T,
): T {
  const text = environment[name] ?? otherwise
  const choice = choices.find((candidate) => candidate === text)
  if (choice === undefined) throw new Error(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
  return choice
}

function readWhole(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  otherwise: number,
  least: number,
): number {
  const text = environment[name]
  if (text === undefined) return otherwise
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text)
  throw new Error(`${name} must be a whole number from ${least} on, not ${JSON.stringify(text)}`)
}

function readShare(environment: Readonly<Record<string, string | undefined>>, name: string): number {
  const text = environment[name] ?? '0'
  if (/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/.test(text)) return Number(text)
  throw new Error(`${name} must be a share from 0 to 1, such as 0.05, not ${JSON.stringify(text)}`)
}
