import type { KubeObject } from '../../../src/kube/index.ts'

/** Objects as somebody sends them, as small as they can be. */
export type Loose = KubeObject & { spec: Record<string, unknown> }

export const container = (fields: object = {}): object => ({ name: 'app', image: 'a:1', ...fields })
export const pod = (spec: object = {}): object => ({ spec: { containers: [container()], ...spec } })
export const deployment = (spec: object = {}, podSpec: object = {}): object => ({
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container()], ...podSpec } },
    ...spec,
  },
})
