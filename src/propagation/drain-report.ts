import { z } from 'zod'
import { type DrainReport, drainReportSchema, plainText, reportLimits } from '../drain-server/report/report.ts'

/**
 * Why a termination message is no drain report.
 * - `empty`: nothing was written (the process has no drain-server, or was killed before its end)
 * - `notReport`: text of another program, or a report that lost its beginning or its end (kubelet keeps 4096 bytes)
 * - `unknownSchema`: a report of another version
 * - `invalid`: a report of this version with a value that cannot be true
 */
export interface ReportProblem {
  problem: 'empty' | 'notReport' | 'unknownSchema' | 'invalid'
  /** One sentence for people; never longer than a line, whatever the message held. */
  message: string
}

/** Three years in milliseconds: no drain and no request lasts longer, and sums of a few stay exact. */
const longestDuration = 1e11
const duration = z.number().nonnegative().max(longestDuration)
const count = z.int().nonnegative()
const arrivals = z
  .object({ count, lastMs: duration.nullable() })
  .refine((late) => (late.count === 0) === (late.lastMs === null), 'count and lastMs contradict each other')

const reportShape = z
  .object({
    schema: z.literal(drainReportSchema),
    trigger: z.enum(['preStop', 'signal', 'call']),
    drainStartedAt: z.iso.datetime().max(40),
    drainDelayMs: duration,
    deadlineMs: duration,
    listenerClosedMs: duration.nullable(),
    finishedMs: duration,
    before: z.object({ windowMs: duration, newConnections: count, requests: count }),
    late: z.object({ connections: arrivals, requests: arrivals }),
    inFlight: z.object({ atDrainStart: count, atListenerClose: count, atDeadline: count }),
    longestRequestMs: duration,
    forced: z.object({ connections: count, requests: count }),
    verdict: z.enum(['clean', 'forced']),
  })
  .refine((report) => (report.listenerClosedMs ?? 0) <= report.finishedMs, 'listenerClosedMs is after finishedMs')
  .refine(
    ({ late, finishedMs }) => Math.max(late.connections.lastMs ?? 0, late.requests.lastMs ?? 0) <= finishedMs,
    'an arrival is after finishedMs',
  ) satisfies z.ZodType<DrainReport>

const text = (longest: number) => z.string().transform((found) => plainText(found, longest))
/** A longer list is cut: a newer library may know more of them. */
const list = <Shape extends z.ZodType>(shape: Shape, most: number) =>
  z
    .array(z.unknown())
    .transform((found) => found.slice(0, most))
    .pipe(z.array(shape))

/**
 * Fields that were added to the first reports of this version, and only inform. One that is missing or cannot be read
 * is left out: it must not cost a measurement.
 */
const informing = {
  converged: z.object({ by: z.enum(['delay', 'quiet', 'maximum', 'cutOff']), atMs: duration }),
  hooks: list(
    z.object({
      name: text(reportLimits.hookName),
      phase: z.enum(['start', 'drain']),
      durationMs: duration,
      outcome: z.enum(['ok', 'failed', 'abandoned', 'skipped']),
    }),
    reportLimits.hooks,
  ),
  errors: z.object({ count, first: text(reportLimits.errorMessage).nullable() }),
  exitCode: z.int().min(0).max(255).nullable(),
}

const latePeers = list(
  z.object({ address: text(reportLimits.peerAddress), connections: count, requests: count, lastMs: duration }),
  reportLimits.peers,
)

/** Kubelet keeps 4096 bytes a container; anything longer did not come from kubelet, and only its end is read. */
const longestMessage = 16_384

/**
 * The drain report in a container's termination message. The report is the last line that is a JSON object; output
 * of other programs before it is skipped, and unknown fields are dropped. Never throws: text is untrusted.
 */
export function parseDrainReport(text: string): DrainReport | ReportProblem {
  const lines = text.slice(-longestMessage).split('\n')
  if (lines.every((line) => line.trim() === '')) {
    return { problem: 'empty', message: 'the termination message is empty' }
  }
  const candidate = lines
    .reverse()
    .map((line) => parseObject(line.trim()))
    .find((value) => value !== undefined)
  if (candidate === undefined) {
    return { problem: 'notReport', message: 'the termination message is not a drain report, or is cut off' }
  }
  return validate(candidate)
}

export function isReportProblem(result: DrainReport | ReportProblem): result is ReportProblem {
  return 'problem' in result
}

function parseObject(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as object
  } catch {
    return undefined
  }
}

function validate(candidate: object): DrainReport | ReportProblem {
  const { schema } = candidate as { schema?: unknown }
  if (typeof schema !== 'string') {
    return { problem: 'notReport', message: 'the termination message is JSON without a schema: not a drain report' }
  }
  if (schema !== drainReportSchema) {
    return { problem: 'unknownSchema', message: `unknown drain report schema ${JSON.stringify(plainText(schema, 60))}` }
  }
  const result = reportShape.safeParse(candidate)
  if (result.success) return withInforming(result.data, candidate)
  const issue = result.error.issues[0]
  const where = issue === undefined || issue.path.length === 0 ? 'the report' : issue.path.join('.')
  return { problem: 'invalid', message: `${where}: ${(issue?.message ?? 'invalid').slice(0, 120)}` }
}

function withInforming(report: DrainReport, candidate: object): DrainReport {
  const found: Record<string, unknown> = { ...candidate }
  const readable = Object.entries(informing).flatMap(([name, shape]) => {
    const read = shape.safeParse(found[name])
    return read.success ? [[name, read.data]] : []
  })
  const peers = latePeers.safeParse((found['late'] as Record<string, unknown>)['peers'])
  const late: DrainReport['late'] = peers.success ? { ...report.late, peers: peers.data } : report.late
  return { ...report, ...(Object.fromEntries(readable) as Pick<DrainReport, keyof typeof informing>), late }
}
