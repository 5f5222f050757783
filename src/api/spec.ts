import { z } from 'zod'
import {
  comparing,
  duration,
  durationBounds,
  matching,
  objectName,
  openFraction,
  secondsOf,
  withRules,
} from './field.ts'
import { pacingSchema } from './pacing.ts'

const targetRef = z
  .strictObject({
    kind: withRules(
      z.string().max(63).default('Deployment').describe('Kind of the workload. Only Deployment is known.'),
      {
        rule: "self == 'Deployment'",
        message: 'only Deployments are supported: write kind: Deployment, or leave kind out',
        holds: (kind) => kind === 'Deployment',
      },
    ),
    name: objectName('Name of the Deployment, in the namespace of the policy.'),
  })
  .describe('The one Deployment that this policy is for. Set either targetRef or selector.')

const selector = withRules(
  z
    .strictObject({
      matchLabels: z
        .record(
          z.string(),
          matching(
            z.string().max(63),
            /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
            'write a label value: letters, digits, - _ and ., beginning and ending with a letter or digit',
          ),
        )
        .describe('Labels that a Deployment must have, each with exactly this value.')
        .meta({ maxProperties: 16 }),
    })
    .describe('Every Deployment of the namespace with these labels. Set either selector or targetRef.'),
  {
    rule: 'size(self.matchLabels) > 0',
    message: 'selector.matchLabels is empty: name at least one label, such as team: shop',
    holds: ({ matchLabels }) => Object.keys(matchLabels).length > 0,
  },
)

const readiness = z
  .strictObject({
    path: matching(
      z.string().max(256).describe('HTTP path of the readiness check. Default: /health/ready.'),
      /^\/\S*$/,
      'write a path that begins with /, such as /health/ready',
    ).default('/health/ready'),
    port: withRules(
      z
        .string()
        .min(1)
        .max(15)
        .default('drain')
        .describe('Name or number of the container port, as text. Default: drain, the admin port of drain-server.'),
      {
        rule: "self.matches('^[0-9]+$') ? (int(self) >= 1 && int(self) <= 65535) : self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        message: 'write the name of a container port, such as http, or a number from 1 to 65535 in quotes',
        holds: (port) =>
          /^[0-9]+$/.test(port)
            ? Number(port) >= 1 && Number(port) <= 65535
            : /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(port),
      },
    ),
    periodSeconds: z.int().min(1).max(300).default(2).describe('Seconds between checks. Default: 2.'),
    timeoutSeconds: z.int().min(1).max(300).default(1).describe('Seconds until a check counts as failed. Default: 1.'),
    failureThreshold: z.int().min(1).max(30).default(1).describe('Failed checks in a row until not ready. Default: 1.'),
  })
  .describe(
    'The readiness probe to write where the container states none. Default: the /health/ready of drain-server where its port is declared, else none.',
  )

const bounds = withRules(
  z
    .strictObject({
      drainDelay: durationBounds(
        'Bounds of the drain delay D. Whole seconds are used, rounded up.',
        '1s',
        '60s',
        'contract.bounds.drainDelay',
      ),
      gracePeriod: durationBounds(
        'Bounds of the grace period G. The default minimum is that of Kubernetes: drainkeeper shortens nothing unless told to.',
        '30s',
        '600s',
        'contract.bounds.gracePeriod',
      ),
    })
    .prefault({})
    .describe('What the computed contract may never leave.'),
  {
    rule: comparing(
      ['self.drainDelay.min', 'self.gracePeriod.max'],
      'duration(self.drainDelay.min) < duration(self.gracePeriod.max)',
    ),
    message:
      'contract.bounds.drainDelay.min reaches contract.bounds.gracePeriod.max: write a smaller min or a larger max, since the grace period must be longer than the drain delay',
    holds: ({ drainDelay, gracePeriod }) => !(secondsOf(drainDelay.min) >= secondsOf(gracePeriod.max)),
  },
)

const contract = z
  .strictObject({
    container: objectName(
      'The container that serves. Default: the only one, or the one whose port a Service names.',
      63,
    ).optional(),
    drain: z
      .strictObject({
        method: z
          .enum(['Auto', 'HTTP', 'Sleep'])
          .default('Auto')
          .describe(
            'How a pod starts to drain. HTTP: preStop calls /admin/drain of drain-server. Sleep: preStop sleeps for the drain delay. Auto (default): HTTP where the container declares a port named drain, else Sleep.',
          ),
      })
      .prefault({})
      .describe('How the drain begins.'),
    readiness: readiness.optional(),
    requestTime: z
      .strictObject({
        source: z
          .enum(['Auto', 'Reported', 'Static'])
          .default('Auto')
          .describe(
            'Where W, the upper bound of a request, comes from. Reported: the longest requests in drain reports. Static: max. Auto (default): Reported once there are enough reports, until then max.',
          ),
        max: duration('Upper limit of W, and its value while nothing else is known. Default: 60s.').default('60s'),
      })
      .prefault({})
      .describe('W: how long a request may take that draining waits for.'),
    safetyMargin: duration('S: buffer for jitter in the grace period. Default: 5s.').default('5s'),
    bounds,
  })
  .prefault({})
  .describe('The drain contract: what a pod promises between deletion and exit. G >= P + D + W + S.')

const propagation = z
  .strictObject({
    quantile: openFraction(
      'The share of pods whose propagation the bound must cover. Default: 0.95, which takes 59 drains at a confidence of 0.95; 0.99 takes 299, and a window of as many.',
      '0.95',
    ).default(0.95),
    confidence: openFraction('How sure the bound must be. Default: 0.95.', '0.95').default(0.95),
    initial: duration('The propagation assumed until enough drains have been seen. Default: 15s.').default('15s'),
    window: z
      .int()
      .min(10)
      .max(1000)
      .default(200)
      .describe('How many drains are remembered, newest first to stay. Default: 200.'),
  })
  .prefault({})
  .describe('How endpoint propagation P is estimated from observed drains.')

const delivery = z
  .strictObject({
    strategy: z
      .enum(['Auto', 'Patch'])
      .default('Auto')
      .describe(
        'How the contract reaches pods. Patch: server-side apply on the pod template, which starts a rollout. Auto (default): the best that this version of drainkeeper knows, today Patch.',
      ),
  })
  .prefault({})
  .describe('How the contract is delivered.')

export const specSchema = withRules(
  z
    .strictObject({
      targetRef: targetRef.optional(),
      selector: selector.optional(),
      mode: z
        .enum(['Enforce', 'Observe'])
        .default('Enforce')
        .describe('Enforce (default): deliver the contract. Observe: measure and report, change no workload.'),
      services: z
        .array(objectName('Name of a Service in the namespace of the policy.', 63))
        .max(32)
        .optional()
        .describe('Services whose routing is measured. Default: every Service whose selector matches the pods.'),
      contract,
      propagation,
      delivery,
      pacing: pacingSchema.optional(),
    })
    .describe('What to measure and to promise. Only targetRef or selector is required.'),
  {
    rule: 'has(self.targetRef) || has(self.selector)',
    message: 'name what to drain: set targetRef, such as {kind: Deployment, name: checkout}, or selector',
    holds: ({ targetRef, selector }) => targetRef !== undefined || selector !== undefined,
  },
  {
    rule: '!(has(self.targetRef) && has(self.selector))',
    message: 'targetRef and selector are both set: keep targetRef for one Deployment, or selector for many',
    holds: ({ targetRef, selector }) => targetRef === undefined || selector === undefined,
  },
  {
    rule: '!has(self.services) || self.services.all(s, self.services.exists_one(t, t == s))',
    message: 'services names a Service twice: name each once',
    holds: ({ services = [] }) => new Set(services).size === services.length,
  },
  {
    rule: '!has(self.services) || size(self.services) > 0',
    message: 'services is empty: name a Service, or leave services out for every Service whose selector matches',
    holds: ({ services }) => services === undefined || services.length > 0,
  },
  {
    rule: comparing(
      ['self.propagation.initial', 'self.contract.bounds.drainDelay.max'],
      'duration(self.propagation.initial) <= duration(self.contract.bounds.drainDelay.max)',
    ),
    message:
      'propagation.initial is above contract.bounds.drainDelay.max: write a smaller initial or a larger maximum, since D must cover P',
    holds: ({ propagation, contract }) => !(secondsOf(propagation.initial) > secondsOf(contract.bounds.drainDelay.max)),
  },
)

/** A spec as it is used: every default filled in. */
export type DrainPolicySpec = z.output<typeof specSchema>
/** A spec as a person writes it. */
export type DrainPolicySpecInput = z.input<typeof specSchema>
