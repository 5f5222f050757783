import { deployments, type KubeObject, type Resource } from '../../kube/index.ts'
import { withImages } from './kustomization.ts'
import type { Objects } from './objects.ts'

export const operatorNamespace = 'drainkeeper-system'
const operatorDeployment = { namespace: operatorNamespace, name: 'drainkeeper' }
/** The image of the operator as config/ names it, up to its tag. */
const operatorImage = 'drainkeeper'

const customResourceDefinitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
const policyDefinition = { name: 'drainpolicies.drainkeeper.dev' }

/** Whether somebody has installed drainkeeper here before us; then it is not ours to take away. */
export function isInstalled(objects: Objects, signal: AbortSignal): Promise<boolean> {
  return objects.has(customResourceDefinitions, policyDefinition, signal)
}

/** Installs what config/ says, as a user does, with the image that this cluster can run; waits until it is ready. */
export async function installOperator(
  objects: Objects,
  config: readonly KubeObject[],
  image: string,
  signal: AbortSignal,
): Promise<void> {
  const wanted = config.map((object) =>
    withImages(object, (named) => (named.split(':')[0] === operatorImage ? image : named)),
  )
  // A kind that is defined here cannot be waited for with the others: namespaces and definitions come first.
  const definitions = wanted.filter(({ kind }) => kind === 'CustomResourceDefinition')
  await objects.apply(definitions, signal)
  await objects.until(customResourceDefinitions, policyDefinition, isEstablished, { timeoutSeconds: 60, signal })
  await objects.apply(
    wanted.filter((object) => !definitions.includes(object)),
    signal,
  )
  await objects.until(deployments, operatorDeployment, isAvailable, { timeoutSeconds: 180, signal })
}

/** Takes away what `installOperator` brought. */
export async function uninstallOperator(objects: Objects, config: readonly KubeObject[]): Promise<void> {
  await objects.delete(config)
}

interface WithConditions {
  status?: { observedGeneration?: number; conditions?: { type: string; status: string }[] }
}

function isEstablished(object: KubeObject | undefined): boolean {
  return holds(object, 'Established')
}

function isAvailable(object: KubeObject | undefined): boolean {
  const { status } = (object ?? {}) as WithConditions
  return holds(object, 'Available') && (status?.observedGeneration ?? 0) >= (object?.metadata.generation ?? 0)
}

function holds(object: KubeObject | undefined, type: string): boolean {
  const { status } = (object ?? {}) as WithConditions
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true
}
