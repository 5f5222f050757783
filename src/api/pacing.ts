import { z } from 'zod'
import { comparing, duration, matching, objectName, secondsOf, withRules } from './field.ts'

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
      endpoint: matching(
        z
          .string()
          .max(63)
          .describe(
            'Which Prometheus, by the name that the administrator gave it in the ConfigMap drainkeeper-endpoints. Never a URL.',
          ),
        /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
        'write the name of an endpoint in the ConfigMap drainkeeper-endpoints, such as main: lower case letters, digits and -',
      ),
      preset: z
        .enum(['ingress-nginx', 'istio', 'envoy', 'linkerd', 'traefik', 'grpc'])
        .optional()
        .describe('Whose metrics count the requests, by queries that drainkeeper knows. Set either preset or queries.'),
      queries: z
        .strictObject({
          requests: query('PromQL of how many requests ended within [$range].'),
          errors: query(
            'PromQL of how many of those failed. End it with: or vector(0), where no series is there before the first.',
          ),
        })
        .optional()
        .describe(
          'Queries of your own, where the administrator allows them (ownQueries). $namespace, $service and $workload may stand within the quoted value of a label, $range in brackets.',
        ),
      service: objectName(
        'The Service whose requests count: what $service stands for. Default: the first by name that selects the pods.',
        63,
      ).optional(),
      secret: objectName(
        'A Secret in the namespace of the policy, with token, or with username and password. drainkeeper must be allowed to read it: docs/examples/prometheus-secret.yaml.',
      ).optional(),
    })
    .describe('How to ask a Prometheus, where source is Prometheus.'),
  {
    rule: 'has(self.preset) != has(self.queries)',
    message: 'say what counts requests: set either preset, such as ingress-nginx, or queries of your own',
    holds: ({ preset, queries }) => (preset === undefined) !== (queries === undefined),
  },
)

const objective = z
  .strictObject({
    errorRate: withRules(
      z
        .number()
        .default(0.001)
        .describe('The largest share of requests that may fail. Default: 0.001, one in a thousand.'),
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
      .describe('No verdict on fewer requests than this; it often takes more. Default: 100.'),
    burst: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe(
        'How many requests in a row may fail for one and the same cause, such as a connection that broke. A verdict takes as many times the requests. Default: 1, each for itself.',
      ),
  })
  .prefault({})
  .describe('What the rollout is held to.')

/** What a policy says of the pace of rollouts. Absent, rollouts are not paced. */
export const pacingSchema = withRules(
  z
    .strictObject({
      objective,
      source: z
        .enum(['Pods', 'Prometheus'])
        .default('Pods')
        .describe(
          'Who counts requests. Pods (default): drain-server in the pods, asked at their port named drain. Prometheus: one that the administrator named.',
        ),
      prometheus: prometheus.optional(),
      initialStep: z
        .int()
        .min(1)
        .max(1000)
        .default(1)
        .describe(
          'Pods of the first step, within maxSurge and maxUnavailable of the Deployment. Each healthy step is larger. Default: 1.',
        ),
      onBreach: z
        .enum(['Pause', 'Rollback', 'Report'])
        .default('Pause')
        .describe(
          'What follows when the new version fails the objective. Pause (default): spec.paused of the Deployment, until the objective holds again or somebody resumes. Rollback: back to the last template that was found healthy, where the Deployment has the annotation drainkeeper.dev/rollback: allowed, else Pause. Report: it is told, and the rollout goes on.',
        ),
      onInconclusive: z
        .enum(['Continue', 'Pause'])
        .default('Continue')
        .describe(
          'What follows when nothing could be concluded for maxHold. Continue (default): each step goes on as soon as it is ready. Pause: spec.paused of the Deployment, until something is heard or somebody resumes.',
        ),
      minHold: duration(
        'How long a step is watched at least, from when all of its pods are ready. State it where faults take their time to show, as a leak does, and the service is busy: its verdicts come within seconds. Default: 0s.',
      ).default('0s'),
      maxHold: duration('How long a step waits for a verdict, at least 1s. Default: 30m.').default('30m'),
      rollbackOverGitOps: z
        .boolean()
        .default(false)
        .describe(
          'Roll back although a GitOps tool owns the pod template, and will put the new version back. Default: false.',
        ),
      maxDrainRaise: duration(
        'How far errors of draining pods may raise the drain delay; 0s: not at all. Default: 30s.',
      ).default('30s'),
      rolloutGroup: z
        .strictObject({
          name: objectName('Name of the group: policies of this namespace with the same one share its budget.', 63),
          budget: z
            .int()
            .min(1)
            .max(256)
            .default(1)
            .describe(
              'How many Deployments of the group may roll at once; write the same in each of its policies. Default: 1.',
            ),
        })
        .optional()
        .describe('Rollouts that must not happen together, as those of a caller and the service that it calls.'),
    })
    .describe(
      'Paces rollouts by the share of requests that fail. Absent: they go as fast as their Deployment says. Without effect where mode is Observe.',
    ),
  {
    rule: "self.source != 'Prometheus' || has(self.prometheus)",
    message: 'source is Prometheus: say which one, such as prometheus: {endpoint: main, preset: ingress-nginx}',
    holds: ({ source, prometheus: asked }) => source !== 'Prometheus' || asked !== undefined,
  },
  {
    rule: "!has(self.prometheus) || self.source == 'Prometheus'",
    message: 'prometheus is set, and source is not Prometheus: write source: Prometheus, or leave prometheus out',
    holds: ({ source, prometheus: asked }) => asked === undefined || source === 'Prometheus',
  },
  {
    rule: comparing(['self.maxHold'], "duration(self.maxHold) >= duration('1s')"),
    message: 'maxHold is below 1s: write how long a step may wait for a verdict, such as 30m',
    holds: ({ maxHold }) => !(secondsOf(maxHold) < 1),
  },
  {
    rule: comparing(['self.minHold', 'self.maxHold'], 'duration(self.minHold) <= duration(self.maxHold)'),
    message: 'minHold is above maxHold: a step is never watched for longer than maxHold',
    holds: ({ minHold, maxHold }) => !(secondsOf(minHold) > secondsOf(maxHold)),
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
        'NotPaced',
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
