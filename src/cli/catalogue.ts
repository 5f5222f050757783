import { checkScenario, scenarioGroups, scenarios } from '../lab/scenarios/index.ts'
import type { Catalogue } from './choose-scenarios.ts'

/** The scenarios of the lab. */
export const catalogue: Catalogue = { scenarios, groups: scenarioGroups, check: checkScenario }
