import { LabError } from './lab-error.ts'
import type { RecordLine, RecordsHeader, RequestRecord } from './record.ts'

/** The media type of a download: a header line, then one array per record. */
export const RECORDS_MEDIA_TYPE = 'application/x-ndjson'

const roundToMicroseconds = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000

/** Writes a part of a run's records, about 40 bytes for each. */
export function encodeRecords(header: Omit<RecordsHeader, 'pods' | 'count'>, records: Iterable<RequestRecord>): string {
  const podIndexes = new Map<string, number>()
  const lines: string[] = []
  for (const record of records) {
    let podIndex = -1
    if (record.pod !== null) {
      podIndex = podIndexes.get(record.pod) ?? podIndexes.size
      podIndexes.set(record.pod, podIndex)
    }
    const line: RecordLine = [
      roundToMicroseconds(record.scheduledMs - header.startedMs),
      record.sentMs === null ? null : roundToMicroseconds(record.sentMs - header.startedMs),
      roundToMicroseconds(record.doneMs - header.startedMs),
      record.socketId,
      record.reused ? 1 : 0,
      record.status ?? record.errorCode ?? '',
      podIndex,
    ]
    const repeated = record.attempts === 1 && record.moves === 0 ? [] : [record.attempts, record.moves]
    lines.push(JSON.stringify([...line, ...repeated]))
  }
  const full: RecordsHeader = { ...header, count: lines.length, pods: [...podIndexes.keys()] }
  return `${JSON.stringify(full)}\n${lines.map((line) => `${line}\n`).join('')}`
}

/**
 * Reads what {@link encodeRecords} wrote; times come back to the microsecond.
 * @throws LabError `BAD_ANSWER` when lines are missing or cannot be read.
 */
export function decodeRecords(text: string): { header: RecordsHeader; records: RequestRecord[] } {
  const lines = text.split('\n')
  const header = parseLine(lines[0] ?? '') as RecordsHeader
  const records = lines
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => toRecord(header, parseLine(line) as RecordLine))
  if (records.length !== header.count) {
    throw new LabError('BAD_ANSWER', `the records of ${header.id} say ${header.count} but hold ${records.length}`)
  }
  return { header, records }
}

function toRecord(header: RecordsHeader, line: RecordLine): RequestRecord {
  const [scheduled, sent, done, socketId, reused, outcome, podIndex, attempts = 1, moves = 0] = line
  return {
    scheduledMs: header.startedMs + scheduled,
    sentMs: sent === null ? null : header.startedMs + sent,
    doneMs: header.startedMs + done,
    socketId,
    reused: reused === 1,
    status: typeof outcome === 'number' ? outcome : null,
    errorCode: typeof outcome === 'string' ? outcome : null,
    pod: header.pods[podIndex] ?? null,
    attempts,
    moves,
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new LabError('BAD_ANSWER', `not a line of records: ${line.slice(0, 80)}`)
  }
}
