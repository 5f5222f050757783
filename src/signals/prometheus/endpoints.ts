import { z } from 'zod'
import { isRange } from '../ask/address-policy.ts'

const url = z
  .string()
  .max(2048)
  .refine((text) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return false
    return parsed.username === '' && parsed.password === '' && parsed.search === '' && parsed.hash === ''
  }, 'must be an http or https URL without credentials, query and fragment')

const endpointSchema = z.strictObject({
  url,
  /** PEM of the authorities to trust instead of Node's. */
  ca: z.string().includes('-----BEGIN CERTIFICATE-----').optional(),
  timeoutSeconds: z.number().positive().max(60).default(5),
  /**
   * How long until what ended is in its answers, also of a pod that is new to it: twice its scrape interval. Of a span that
   * is shorter, its counts are those of the old pods alone.
   */
  lagSeconds: z.number().min(0).max(300).default(30),
  addresses: z
    .strictObject({
      loopback: z.boolean().default(false),
      ranges: z.array(z.string().refine(isRange, 'must be a range, such as 10.0.0.0/8')).min(1).optional(),
    })
    .default({ loopback: false }),
  /**
   * Whether policies may bring PromQL of their own. It reads everything that this endpoint knows: of every tenant.
   */
  ownQueries: z.boolean().default(false),
})

/** The administrator's configuration: which Prometheus servers there are, by the names that policies use. */
export const endpointsSchema = z.record(
  z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label'),
  endpointSchema,
)

export type Endpoint = z.output<typeof endpointSchema>
export type Endpoints = z.output<typeof endpointsSchema>
