/** The objects of the lab, as data. */
export const labNamespace = 'drainkeeper-lab'
export const agentPort = 9920

type Manifest = Record<string, unknown>

export const namespaceManifest: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: labNamespace } }

export function serviceManifest(name: string, namespace = labNamespace): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  }
}

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

/** One agent on a node's own network: its requests go through that node's dataplane. */
export function agentManifest(node: string, image: string, allowedTargets: readonly string[]): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `agent-${node}`, namespace: labNamespace, labels: { app: 'agent' } },
    spec: {
      nodeName: node,
      hostNetwork: true,
      terminationGracePeriodSeconds: 5,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'agent',
          image,
          imagePullPolicy: 'IfNotPresent',
          env: [
            { name: 'NODE_NAME', value: node },
            { name: 'AGENT_PORT', value: String(agentPort) },
            { name: 'AGENT_ALLOWED_TARGETS', value: allowedTargets.join(',') },
          ],
          readinessProbe: { httpGet: { path: '/health', port: agentPort }, periodSeconds: 1 },
          resources: { requests: { cpu: '400m', memory: '128Mi' } },
        },
      ],
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
