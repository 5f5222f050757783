/** The names under which the API server knows a DrainPolicy. */
export const group = 'drainkeeper.dev'
export const version = 'v1alpha1'
export const apiVersion = `${group}/${version}`
export const kind = 'DrainPolicy'
export const plural = 'drainpolicies'
export const shortName = 'drain'
export const categories = ['drainkeeper', 'all']
/** Our name in managedFields. Never a `kubectl` prefix: Flux takes over the fields of managers that are called so. */
export const fieldManager = 'drainkeeper'
