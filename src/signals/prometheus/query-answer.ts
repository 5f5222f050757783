import { z } from 'zod'
import { silent, type Silent } from '../signal.ts'

export interface Value {
  readonly kind: 'value'
  readonly value: number
  /** When it was evaluated, by the server's clock, in seconds since the epoch. */
  readonly atSeconds: number
}

const point = z.tuple([z.number().nonnegative(), z.string().max(64)])
const answerSchema = z.object({
  status: z.literal('success'),
  warnings: z.array(z.unknown()).optional(),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: point })) }),
    z.object({ resultType: z.literal('scalar'), result: point }),
  ]),
})

const number = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|Inf)$|^NaN$/

/** Pure: the one number that an answer of `/api/v1/query` gives. */
export function valueOf(text: string, who: string): Value | Silent {
  const answer = answerSchema.safeParse(parsed(text))
  if (!answer.success) return silent('Malformed', `${who} did not answer as a Prometheus query is answered`)
  if ((answer.data.warnings ?? []).length > 0) {
    return silent('Malformed', `${who} warns that its answer is not the whole one`)
  }
  const { data } = answer.data
  const points = data.resultType === 'scalar' ? [data.result] : data.result.map(({ value }) => value)
  const [only] = points
  if (only === undefined) return silent('NoData', `${who} has no such series`)
  if (points.length > 1)
    return silent('Malformed', `${who} gave ${points.length} series where one number was asked for`)
  const [atSeconds, written] = only
  if (!number.test(written)) return silent('Malformed', `${who} gave a value that is not a number`)
  const value = Number(written.replace('Inf', 'Infinity'))
  const fault = faultOf(value)
  return fault === undefined
    ? { kind: 'value', value: Math.round(value), atSeconds }
    : silent('Impossible', `${who} counted ${fault}`)
}

function faultOf(value: number): string | undefined {
  if (Number.isNaN(value)) return 'what is not a number (NaN)'
  if (!Number.isFinite(value)) return 'infinitely many'
  if (value < 0) return 'less than none'
  return value > Number.MAX_SAFE_INTEGER ? 'more than can be counted' : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
