import { at, type Fields } from './data.ts'

/**
 * What a Status says, without what every Status has. Several causes come in the order of Go's maps, which is none: they
 * are sorted, and the message that lists them with them.
 */
export function readableStatus(status: Fields): Fields {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, code: _code, ...said } = status
  const causes = at(said, 'details.causes')
  if (!Array.isArray(causes) || causes.length < 2) return said
  const sentences = causes.map((cause: unknown) => `${String(at(cause, 'field'))}: ${String(at(cause, 'message'))}`)
  const listed = `[${sentences.join(', ')}]`
  const message = String(said['message'])
  return {
    ...said,
    message: message.replace(listed, `[${[...sentences].sort().join(', ')}]`),
    details: { ...(said['details'] as object), causes: [...causes].sort((a, b) => (written(a) < written(b) ? -1 : 1)) },
  }
}

function written(cause: unknown): string {
  return JSON.stringify(cause)
}
