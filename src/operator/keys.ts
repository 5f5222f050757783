/** What the work queue works on: a policy, or a Deployment that may have to be given back. */
export type WorkKey = { kind: 'policy' | 'release'; namespace: string; name: string }

export function policyKey({ namespace, name }: { namespace: string; name: string }): string {
  return `policy/${namespace}/${name}`
}

export function releaseKey({ namespace, name }: { namespace: string; name: string }): string {
  return `release/${namespace}/${name}`
}

/** The reverse of the two. */
export function parseKey(key: string): WorkKey {
  const [kind, namespace = '', name = ''] = key.split('/')
  return { kind: kind === 'release' ? 'release' : 'policy', namespace, name }
}
