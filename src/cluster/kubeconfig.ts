const name = 'drainkeeper-embedded'

/** A kubeconfig for a cluster that knows no users: whoever reaches its loopback port may do everything. */
export function kubeconfigOf(server: string): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
  - name: ${name}
    # There is no TLS to verify; client-node wants to hear so before it speaks plain HTTP.
    cluster: { server: ${JSON.stringify(server)}, insecure-skip-tls-verify: true }
contexts:
  - name: ${name}
    context: { cluster: ${name}, user: ${name} }
users:
  - name: ${name}
    user: {}
`
}
