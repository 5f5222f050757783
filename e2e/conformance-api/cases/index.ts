import type { Case } from '../case.ts'
import { applyCases } from './apply.ts'
import { controllerCases } from './controllers.ts'
import { customResourceCases } from './custom-resources.ts'
import { kubectlCases } from './kubectl.ts'
import { objectCases } from './objects.ts'
import { patchCases } from './patch.ts'
import { protocolCases } from './protocol.ts'
import { rolloutCases } from './rollouts.ts'
import { terminationCases } from './termination.ts'
import { validationCases } from './validation.ts'
import { watchCases } from './watch.ts'

/** Every case, by area. */
export const cases: readonly Case[] = [
  ...protocolCases,
  ...objectCases,
  ...validationCases,
  ...watchCases,
  ...applyCases,
  ...patchCases,
  ...customResourceCases,
  ...rolloutCases,
  ...controllerCases,
  ...terminationCases,
  ...kubectlCases,
]
