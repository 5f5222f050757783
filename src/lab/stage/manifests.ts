import type { KubeObject } from '../../kube/index.ts'

/** The objects that a stage is furnished with, as data. The namespace is ours alone: it goes as a whole. */
export const labNamespace = 'drainkeeper-lab'
/** Labels, Deployment, Service and policy of what is rehearsed have this name. */
export const workloadName = 'rehearsed'
export const servicePort = 80
export const agentPort = 9920

type Manifest = KubeObject & Record<string, unknown>

/** The agents are on their nodes' own networks, which Pod Security would refuse by default in some clusters. */
export const namespaceManifest: Manifest = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: labNamespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
}

export function serviceManifest(name: string, namespace = labNamespace): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: servicePort, targetPort: 'http' }] },
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
