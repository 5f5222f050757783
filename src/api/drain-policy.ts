import { z } from 'zod'
import { apiVersion, kind } from './group.ts'
import { type DrainPolicySpec, specSchema } from './spec.ts'
import type { DrainPolicyStatus } from './status.ts'

/** A DrainPolicy as the operator uses it: defaults filled in, status as last written. */
export interface DrainPolicy {
  namespace: string
  name: string
  uid: string
  generation: number
  resourceVersion: string
  creationTimestamp: string
  spec: DrainPolicySpec
  status: DrainPolicyStatus
}

/** A policy as a person writes it into a file. Unknown fields are errors. */
export const manifestSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal(kind),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  spec: specSchema,
  status: z.unknown().optional(),
})
