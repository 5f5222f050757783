import type { ContractTerms } from '../process/contract.ts'
import type { Phase } from '../process/phase.ts'
import type { DrainReport, DrainTrigger } from '../report/report.ts'

/** What the primary tells a worker. */
export type Order =
  | { kind: 'drain'; trigger: DrainTrigger; terms: ContractTerms }
  | { kind: 'signal'; signal: string }
  | { kind: 'metrics'; question: number }

/** What a worker tells the primary. */
export type News =
  /** The worker drains itself when it is told to. */
  | { kind: 'joined' }
  | { kind: 'phase'; phase: Phase }
  | { kind: 'report'; report: DrainReport }
  | { kind: 'metrics'; question: number; text: string }

/** The application has messages of its own on the same channel: ours stand under this name. */
const name = 'drain-server'

export function envelope(message: Order | News): Record<string, Order | News> {
  return { [name]: message }
}

/** @returns what the primary told in what came through the channel; undefined when that is the application's */
export function orderIn(received: unknown): Order | undefined {
  return contentOf(received) as Order | undefined
}

/** @returns what a worker told in what came through the channel; undefined when that is the application's */
export function newsIn(received: unknown): News | undefined {
  return contentOf(received) as News | undefined
}

function contentOf(received: unknown): unknown {
  return typeof received === 'object' && received !== null ? Reflect.get(received, name) : undefined
}

/** Says to the workers of a cluster that their primary coordinates: the process id of that primary. */
export const primaryVariable = 'DRAIN_SERVER_PRIMARY'
