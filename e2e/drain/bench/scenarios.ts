import { connectionScenarios } from './connection-scenarios.ts'
import { http2Scenarios } from './http2-scenarios.ts'
import { requestScenarios } from './request-scenarios.ts'
import type { Scenario } from './scenario.ts'
import { streamScenarios } from './stream-scenarios.ts'

/** In each of them a server can avoid every loss. */
export const scenarios: readonly Scenario[] = [
  ...requestScenarios,
  ...connectionScenarios,
  ...streamScenarios,
  ...http2Scenarios,
]
