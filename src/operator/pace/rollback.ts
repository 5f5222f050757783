import { isOurs, type Ownership, projectDeployment } from '../../contract/index.ts'
import { at, list, record } from '../../contract/untyped.ts'
import { deployments, type JsonPatchOperation, type KubeApi, KubeError, type KubeObject } from '../../kube/index.ts'
import type { DeploymentFacts } from '../projections.ts'
import { templateIds, withoutHash } from './template-id.ts'

/** Who puts an earlier template back. Not the manager for pacing: that one's next apply would give the template up. */
export const ROLLBACK_MANAGER = 'drainkeeper-rollback'

type Fields = Readonly<Record<string, unknown>>

/**
 * Puts an earlier template back, as `kubectl rollout undo` does, with the contract that is in force today.
 * @throws KubeError Conflict when the template is no longer the one that this was decided on: nobody's fix is undone
 */
export async function rollBack(
  api: Pick<KubeApi, 'get' | 'jsonPatch'>,
  { view: { namespace, name, uid }, pace }: Pick<DeploymentFacts, 'view' | 'pace'>,
  target: Fields,
): Promise<void> {
  const live = await api.get<KubeObject>(deployments, { namespace, name })
  if (live.metadata.uid !== uid || templateIds(templateOf(live)).templateId !== pace.templateId) {
    throw new KubeError('Conflict', `the template of Deployment ${namespace}/${name} has changed: not rolled back`)
  }
  await api.jsonPatch(deployments, { namespace, name }, rollbackPatch(live, target), { fieldManager: ROLLBACK_MANAGER })
}

/**
 * The patch of exactly this Deployment, as it was read. It states the resourceVersion rather than testing it: the API
 * server then answers Conflict, as it does to an apply, where a failed test would be Invalid.
 */
export function rollbackPatch(live: KubeObject, target: Fields): JsonPatchOperation[] {
  const { ownership } = projectDeployment(live)
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
    { op: 'replace', path: '/spec/template', value: withContract(withoutHash(target), templateOf(live), ownership) },
  ]
}

/** `target` with those fields of `live` that our contract owns. */
function withContract(target: Fields, live: unknown, ownership: Ownership): Fields {
  const containers = new Map(
    list(at(live, 'spec', 'containers')).map((container) => [at(container, 'name'), container]),
  )
  const spec = record(target['spec'])
  return {
    ...target,
    spec: {
      ...spec,
      ...(ownership.gracePeriod.some(isOurs)
        ? { terminationGracePeriodSeconds: at(live, 'spec', 'terminationGracePeriodSeconds') }
        : {}),
      containers: list(spec['containers']).map((container) => {
        const name = at(container, 'name')
        const owned = ownership.containers[String(name)]
        return owned === undefined ? container : containerWith(record(container), containers.get(name), owned)
      }),
    },
  }
}

function containerWith(target: Fields, live: unknown, owned: Ownership['containers'][string]): Fields {
  const ours = (leaves: typeof owned.preStop): boolean => leaves.some(({ owner }) => isOurs(owner))
  return {
    ...target,
    ...(ours(owned.preStop)
      ? { lifecycle: { ...record(target['lifecycle']), preStop: at(live, 'lifecycle', 'preStop') } }
      : {}),
    ...(ours(owned.readiness) ? { readinessProbe: at(live, 'readinessProbe') } : {}),
  }
}

function templateOf(deployment: KubeObject): unknown {
  return at(deployment, 'spec', 'template')
}
