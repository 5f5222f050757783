import { isOurs } from './managers.ts'
import { at, list, text } from './untyped.ts'

/**
 * Whether the last who changed the pod template, by the times in `metadata.managedFields`, is us. They are whole seconds:
 * with somebody else in the same second it is.
 */
export function isTemplateLastOurs(managedFields: unknown): boolean {
  const writes = list(managedFields).flatMap((entry) => {
    const timeMs = Date.parse(text(at(entry, 'time')) ?? '')
    if (at(entry, 'fieldsV1', 'f:spec', 'f:template') === undefined || Number.isNaN(timeMs)) return []
    const manager = text(at(entry, 'manager')) ?? ''
    const operation = at(entry, 'operation') === 'Apply' ? 'Apply' : 'Update'
    return [{ timeMs, ours: isOurs({ manager, operation, subresource: text(at(entry, 'subresource')) ?? '' }) }]
  })
  const lastMs = Math.max(...writes.map(({ timeMs }) => timeMs))
  return writes.some(({ timeMs, ours }) => ours && timeMs === lastMs)
}
