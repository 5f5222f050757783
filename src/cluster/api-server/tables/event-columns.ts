import { type Any, type Column, nameColumn, since, text, wide } from './column.ts'

/** Of both versions: each calls some fields by other names. */
export const eventColumns: readonly Column[] = [
  text('Last Seen', (event: Any, nowMs) => {
    if (event.series) return since(event.series.lastObservedTime, nowMs)
    return since(event.lastTimestamp ?? event.deprecatedLastTimestamp ?? firstSeen(event), nowMs)
  }),
  text('Type', ({ type }: Any) => type ?? ''),
  text('Reason', ({ reason }: Any) => reason ?? ''),
  text('Object', (event: Any) => {
    const { kind = '', name } = concerned(event)
    return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase()
  }),
  wide(text('Subobject', (event: Any) => concerned(event).fieldPath ?? '')),
  wide(text('Source', sourceOf)),
  text('Message', ({ message, note }: Any) => (message ?? note ?? '').trim()),
  wide(text('First Seen', (event: Any, nowMs) => since(firstSeen(event), nowMs))),
  wide(text('Count', (event: Any) => event.series?.count ?? (event.count || event.deprecatedCount || 1))),
  wide(nameColumn),
]

function firstSeen(event: Any): string | undefined {
  return event.firstTimestamp ?? event.deprecatedFirstTimestamp ?? event.eventTime
}

function concerned(event: Any): Any {
  return event.involvedObject ?? event.regarding ?? {}
}

function sourceOf(event: Any): string {
  const source = event.source ?? event.deprecatedSource ?? {}
  const component = source.component || event.reportingComponent || event.reportingController || ''
  const instance = source.host || event.reportingInstance || ''
  return instance === '' ? component : `${component}, ${instance}`
}
