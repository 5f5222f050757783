/** Something that the embedded cluster does not do as a real one does; documentation is generated from this list. */
export interface ClusterLimit {
  /** What conformance cases name it by. */
  readonly id: string
  readonly area: 'api' | 'apply' | 'validation' | 'controllers' | 'kubelet' | 'network' | 'kubectl'
  /** What is different, for somebody who relies on it. */
  readonly limit: string
  readonly why: string
}

export const clusterLimits: readonly ClusterLimit[] = [
  {
    id: 'no-authorization',
    area: 'api',
    limit: 'Every request is allowed; RBAC objects, tokens and admission policies are stored and have no effect.',
    why: 'Whoever reaches the loopback port is the one who started the cluster.',
  },
  {
    id: 'json-only',
    area: 'api',
    limit: 'Answers are JSON, also for clients that would rather have protobuf; bodies are JSON or YAML.',
    why: 'Every Kubernetes client reads the content type of the answer.',
  },
  {
    id: 'no-persistence',
    area: 'api',
    limit: 'Everything is in memory, and gone when the process ends.',
    why: 'A rehearsal starts with an empty cluster.',
  },
]
