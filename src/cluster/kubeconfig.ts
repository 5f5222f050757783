const name = 'drainkeeper-embedded'

/** A kubeconfig for a cluster that knows no users: whoever reaches its loopback port may do everything. */
export function kubeconfigOf(server: string): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
  - name: ${name}
    cluster: { server: ${JSON.stringify(server)} }
contexts:
  - name: ${name}
    context: { cluster: ${name}, user: ${name} }
users:
  - name: ${name}
    user: {}
`
}
