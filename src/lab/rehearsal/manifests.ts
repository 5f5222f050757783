import { apiVersion, kind } from '../../api/group.ts'
import type { KubeObject } from '../../kube/index.ts'
import type { Scenario, Variant } from '../scenario.ts'
import { labNamespace, workloadName } from '../stage/index.ts'
import { workloadContainer } from '../workloads/index.ts'

type Manifest = KubeObject & Record<string, unknown>

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** A Deployment as its owner writes it, with what the variant says that they wrote, as `kubectl apply` makes it. */
export function deploymentManifest(scenario: Scenario, variant: Variant, image: string): Manifest {
  const { replicas, load } = scenario
  const { terminationGracePeriodSeconds: grace, rollingUpdate } = variant
  const labels = { app: workloadName }
  return applied({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: labNamespace, name: workloadName, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      ...(rollingUpdate === undefined ? {} : { strategy: { type: 'RollingUpdate', rollingUpdate } }),
      template: {
        metadata: { labels },
        spec: {
          ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: labels },
            },
          ],
          containers: [workloadContainer(variant, load, image)],
        },
      },
    },
  })
}

/** The policy of a variant: the target, and what the variant says. */
export function policyManifest(spec: Readonly<Record<string, unknown>>): Manifest {
  return applied({
    apiVersion,
    kind,
    metadata: { namespace: labNamespace, name: workloadName },
    spec: { targetRef: { name: workloadName }, ...spec },
  })
}

/** With the annotation by which `kubectl apply` knows later what was written: whoever reads it must find it here too. */
function applied(manifest: Manifest): Manifest {
  const written = `${JSON.stringify(manifest)}\n`
  const metadata = { ...manifest.metadata, annotations: { [lastApplied]: written } }
  return { ...manifest, metadata }
}
