import type { ProtocolContext } from '../protocol/protocol.ts'

/** How health checkers name themselves: kubelet (HTTP and gRPC). */
const probes = ['kube-probe/']

export const isProbe: ProtocolContext['isProbe'] = ({ headers }) => {
  const agent = headers['user-agent']
  return typeof agent === 'string' && probes.some((prefix) => agent.startsWith(prefix))
}
