/** The section has a namespace of its own: nothing that another section measures is near. */
export const badInputNamespace = 'drainkeeper-bad-input'

export type Manifest = Record<string, unknown>
export type Container = { name: string } & Record<string, unknown>

export function policy(name: string, spec: Manifest | undefined): Manifest {
  return {
    apiVersion: 'drainkeeper.dev/v1alpha1',
    kind: 'DrainPolicy',
    metadata: { name, namespace: badInputNamespace },
    ...(spec === undefined ? {} : { spec }),
  }
}

/** A Deployment without pods: its template is what matters, and costs nothing. */
export function deployment(
  name: string,
  image: string,
  containers: readonly Container[],
  podSpec: Manifest = {},
): Manifest {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: badInputNamespace, labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: containers.map((container) => ({ image, ...container })), ...podSpec },
      },
    },
  }
}

/** A Service of the pods of `app`, for each of the target ports. */
export function service(name: string, app: string, ...targetPorts: readonly string[]): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: badInputNamespace },
    spec: {
      selector: { app },
      ports: targetPorts.map((targetPort, index) => ({ name: targetPort, port: 80 + index, targetPort })),
    },
  }
}
