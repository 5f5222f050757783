import { z } from 'zod'
import { categories, group, kind, plural, shortName, version } from './group.ts'
import { specSchema } from './spec.ts'
import { statusSchema } from './status.ts'

type JsonSchema = Record<string, unknown>

/** What zod says beyond a structural schema: closed objects and the bounds of a safe integer. */
function makeStructural(schema: JsonSchema): void {
  if (schema['properties'] !== undefined) delete schema['additionalProperties']
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum']
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum']
  delete schema['propertyNames']
  if (schema['type'] === 'integer') schema['format'] = 'int64'
  if (schema['format'] === 'date-time') delete schema['pattern']
}

/** The API server checks a default against the rules before it fills in what is inside: so it is written out whole. */
function fillDefaults(schema: JsonSchema): JsonSchema {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
  for (const [, child] of properties) fillDefaults(child)
  if (schema['type'] === 'object' && schema['default'] !== undefined) {
    const inner = properties.flatMap(([name, child]) =>
      child['default'] === undefined ? [] : [[name, child['default']]],
    )
    schema['default'] = { ...Object.fromEntries(inner), ...(schema['default'] as JsonSchema) }
  }
  return schema
}

function openApi(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    override: ({ jsonSchema }) => makeStructural(jsonSchema as JsonSchema),
  }) as JsonSchema
  return fillDefaults(rest)
}

/** What `kubectl get drain` prints. */
const printerColumns = [
  { name: 'Target', type: 'string', jsonPath: '.status.summary.target', description: 'The Deployment, or how many.' },
  { name: 'Mode', type: 'string', jsonPath: '.spec.mode', description: 'Enforce or Observe.' },
  {
    name: 'P',
    type: 'string',
    jsonPath: '.status.summary.propagation',
    description: 'Endpoint propagation: its upper bound.',
  },
  { name: 'Delay', type: 'string', jsonPath: '.status.summary.drainDelay', description: 'Drain delay D.' },
  { name: 'Grace', type: 'string', jsonPath: '.status.summary.gracePeriod', description: 'Grace period G.' },
  { name: 'Pods', type: 'string', jsonPath: '.status.summary.pods', description: 'Pods on contract, of all.' },
  {
    name: 'Rollout',
    type: 'string',
    jsonPath: '.status.summary.rollout',
    description: 'The pace of rollouts, where they are paced: the phase and the verdict.',
  },
  {
    name: 'Ready',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    description: 'Whether it works.',
  },
  {
    name: 'Reason',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    description: 'Why, in a word.',
    priority: 1,
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
]

/** The CustomResourceDefinition of DrainPolicy. */
export function customResourceDefinition(): JsonSchema {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories,
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description:
                'A DrainPolicy measures how long routing takes to let go of the pods of a Deployment, computes their drain delay and grace period from that, and delivers both.',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: openApi(specSchema),
                status: openApi(statusSchema),
              },
            },
          },
        },
      ],
    },
  }
}
