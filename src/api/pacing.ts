import { z } from 'zod'
import { duration, objectName, withRules } from './field.ts'

const query = (description: string) =>
  withRules(z.string().max(4096).describe(description), {
    rule: "self != ''",
    message:
      'write a PromQL query that counts, such as sum(increase(http_requests_total{namespace="$namespace"}[$range]))',
    holds: (text) => text !== '',
  })

const prometheus = withRules(
  z
    .strictObject({
      endpoint: objectName('Which Prometheus, by the name that the administrator of drainkeeper gave it.', 63),
      preset: z
        .enum(['ingress-nginx', 'istio', 'envoy', 'linkerd', 'traefik', 'grpc'])
        .optional()
        .describe('Whose metrics count requests. Set either preset or queries.'),
      queries: z
        .strictObject({
          requests: query('PromQL of all requests that ended within [$range].'),
          errors: query('PromQL of those of them that failed.'),
        })
        .optional()
        .describe(
          'Queries of your own, where the administrator allows them. $namespace, $service, $workload and $range are filled in.',
        ),
      service: objectName('What $service stands for. Default: the first Service that selects the pods.', 63).optional(),
      secret: objectName(
        'A Secret of the namespace of the policy with token, or with username and password.',
      ).optional(),
    })
    .describe('How to ask a Prometheus.'),
  {
    rule: 'has(self.preset) != has(self.queries)',
    message: 'set either preset, such as ingress-nginx, or queries',
    holds: ({ preset, queries }) => (preset === undefined) !== (queries === undefined),
  },
)

const objective = z
  .strictObject({
    errorRate: withRules(
      z.number().default(0.001).describe('The largest share of requests that may fail. Default: 0.001.'),
      {
        rule: 'self > 0.0 && self <= 0.4',
        message: 'write a share above 0 and at most 0.4, such as 0.001 for one request in a thousand',
        holds: (rate) => rate > 0 && rate <= 0.4,
      },
    ),
    minRequests: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(100)
      .describe('No verdict on fewer requests than this. Default: 100.'),
    burst: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe('How many requests fail together at the most, where they do. Default: 1, each for itself.'),
  })
  .prefault({})
  .describe('What the rollout may cost.')

/** What a policy says of the pace of rollouts. Absent, rollouts are not paced. */
export const pacingSchema = withRules(
  z
    .strictObject({
      objective,
      source: z
        .enum(['Pods', 'Prometheus'])
        .default('Pods')
        .describe(
          'Who counts requests. Pods (default): drain-server in the pods, on their port named drain. Prometheus: one that the administrator named.',
        ),
      prometheus: prometheus.optional(),
      initialStep: z.int().min(1).max(1000).default(1).describe('Pods of the first step. Default: 1.'),
      onBreach: z
        .enum(['Pause', 'Rollback', 'Report'])
        .default('Pause')
        .describe(
          'What follows when the new version fails the objective. Pause (default): spec.paused, until it holds again. Rollback: back to the last template that was found healthy, where the Deployment is annotated drainkeeper.dev/rollback: allowed. Report: it is told, and the rollout goes on.',
        ),
      onInconclusive: z
        .enum(['Continue', 'Pause'])
        .default('Continue')
        .describe(
          'What follows when nothing could be concluded for maxHold. Continue (default): each step goes on as soon as it is ready. Pause: spec.paused.',
        ),
      maxHold: duration('How long a step waits for a verdict. Default: 30m.').default('30m'),
      rollbackOverGitOps: z
        .boolean()
        .default(false)
        .describe('Roll back although a GitOps tool owns the template, and will put it back. Default: false.'),
      maxDrainRaise: duration('How far errors of draining pods may raise the drain delay. Default: 30s.').default(
        '30s',
      ),
      rolloutGroup: z
        .strictObject({
          name: objectName('Policies of this namespace that name the same group share its budget.', 63),
          budget: z.int().min(1).max(256).default(1).describe('How many may roll at once. Default: 1.'),
        })
        .optional()
        .describe('Rollouts that must not happen together, as those of a caller and its callee.'),
    })
    .describe('How fast rollouts go. Absent: as fast as their Deployment says.'),
  {
    rule: "(self.source == 'Prometheus') == has(self.prometheus)",
    message: 'source: Prometheus needs prometheus with an endpoint, and no other source has it',
    holds: ({ source, prometheus: asked }) => (source === 'Prometheus') === (asked !== undefined),
  },
)

export type Pacing = z.output<typeof pacingSchema>

/** What status says of the pace of one Deployment. */
export const paceStatusSchema = z
  .object({
    phase: z
      .enum([
        'AtRest',
        'Stepping',
        'Holding',
        'WaitingForTurn',
        'Paused',
        'PausedByUser',
        'RollingBack',
        'Overridden',
        'KnownHealthy',
      ])
      .describe('What the rollout is doing.'),
    message: z.string().describe('The same as a sentence.'),
    verdict: z.enum(['Healthy', 'Breached', 'Inconclusive']).optional().describe('What was concluded last.'),
    because: z.string().optional().describe('The counts and the interval behind the verdict.'),
    stepPods: z.int().min(0).optional().describe('Pods that the present step may replace.'),
    drainRaiseSeconds: z.int().min(0).optional().describe('What errors of draining pods added to the drain delay.'),
    record: z.string().optional().describe('What the gate remembers, for its own use.'),
  })
  .describe('The pace of its rollout.')

export type PaceStatus = z.output<typeof paceStatusSchema>
