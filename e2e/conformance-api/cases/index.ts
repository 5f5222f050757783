/** What is asked of a cluster: the cases of every area, in the order in which they are told. */
import type { Case } from '../case.ts'
import { applyDetailCases } from './apply-details.ts'
import { applyCases } from './apply.ts'
import { containerCases } from './containers.ts'
import { controllerCases } from './controllers.ts'
import { customResourceCases } from './custom-resources.ts'
import { definitionCases } from './definitions.ts'
import { podDeletionCases } from './deletion-of-pods.ts'
import { deletionCases } from './deletion.ts'
import { drainPolicyCases } from './drain-policies.ts'
import { kubectlRolloutCases } from './kubectl-rollouts.ts'
import { kubectlCases } from './kubectl.ts'
import { listCases } from './lists.ts'
import { managedFieldCases } from './managed-fields.ts'
import { objectCases } from './objects.ts'
import { patchCases } from './patch.ts'
import { protocolCases } from './protocol.ts'
import { replicaSetCases } from './replica-sets.ts'
import { rolloutCases } from './rollouts.ts'
import { sliceCases } from './slices.ts'
import { terminationCases } from './termination.ts'
import { validationCases } from './validation.ts'
import { watchCases } from './watch.ts'

/** Every case, by area. */
export const cases: readonly Case[] = [
  ...protocolCases,
  ...objectCases,
  ...deletionCases,
  ...listCases,
  ...validationCases,
  ...watchCases,
  ...applyCases,
  ...applyDetailCases,
  ...managedFieldCases,
  ...patchCases,
  ...customResourceCases,
  ...definitionCases,
  ...drainPolicyCases,
  ...rolloutCases,
  ...replicaSetCases,
  ...sliceCases,
  ...controllerCases,
  ...terminationCases,
  ...podDeletionCases,
  ...containerCases,
  ...kubectlCases,
  ...kubectlRolloutCases,
]
