import type { KubeObject } from '../../../kube/index.ts'

interface NodeSpec {
  taints?: { key: string; effect: string }[]
}

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

/** A new node takes nothing until its controller has seen it ready. Changes `node`. */
export function admitNode(node: KubeObject): void {
  const admitted = node as KubeObject & { spec?: NodeSpec }
  admitted.spec ??= {}
  const taints = (admitted.spec.taints ??= [])
  if (!taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect))
    taints.push({ ...notReady })
}
