/** The name by which the lab's requests can be told from kubelet's probes. */
export const USER_AGENT = 'drainkeeper-lab'
