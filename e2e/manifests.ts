/** The objects of the e2e run that the lab does not have, as data. */
import { labNamespace } from '../src/lab/stage/index.ts'

export { agentManifest, agentPort, labNamespace, namespaceManifest, serviceManifest } from '../src/lab/stage/index.ts'

type Manifest = Record<string, unknown>

export interface WorkloadOptions {
  name: string
  image: string
  replicas: number
  /** drain-server's admin port is declared, and readiness is on it. */
  drained: boolean
  /** @default the lab's */
  namespace?: string
}

/** A Deployment as a person writes it: no preStop, no grace period. */
export function workloadManifest({
  name,
  image,
  replicas,
  drained,
  namespace = labNamespace,
}: WorkloadOptions): Manifest {
  const readiness = drained ? { path: '/health/ready', port: 'drain' } : { path: '/health', port: 'http' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: { app: name } },
            },
          ],
          containers: [
            {
              name: 'app',
              image,
              imagePullPolicy: 'IfNotPresent',
              ports: [
                { name: 'http', containerPort: 8080 },
                ...(drained ? [{ name: 'drain', containerPort: 9909 }] : []),
              ],
              readinessProbe: { httpGet: readiness, periodSeconds: 1 },
              // Without a request, a pod has next to no share of a processor that the whole cluster runs on.
              resources: { requests: { cpu: '100m', memory: '64Mi' } },
              env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
            },
          ],
        },
      },
    },
  }
}

export function policyManifest(name: string, spec: Manifest): Manifest {
  return {
    apiVersion: 'drainkeeper.dev/v1alpha1',
    kind: 'DrainPolicy',
    metadata: { name, namespace: labNamespace },
    spec,
  }
}
