/**
 * What we know: the DrainPolicy. One zod schema is the source of its types, defaults, validation and of the CRD.
 * Pure: imports nothing but zod.
 */
export * from './conditions.ts'
export * from './drain-policy.ts'
export * from './duration.ts'
export * from './group.ts'
export { type DrainPolicySpec, type DrainPolicySpecInput, specSchema } from './spec.ts'
export { type Pacing, pacingSchema, type PaceStatus } from './pacing.ts'
export { type Condition, type DrainPolicyStatus, statusSchema, type TargetStatus } from './status.ts'
