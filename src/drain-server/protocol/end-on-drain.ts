import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { GrpcCall } from '../grpc/grpc-calls.ts'

const marks = new WeakMap<object, boolean>()

/**
 * Says whether a drain may end this response before the application does, once the listener is closed: with a regular
 * end of its body, one response after the other. For streams without an end of their own whose clients come back by
 * themselves, such as a tail of newline-delimited JSON. What the application still writes afterwards is dropped.
 *
 * Without a call, that is true of what an EventSource asks for (GET, answered with `text/event-stream`), and false of
 * everything else: those run to their own end, or to the deadline. A POST that is answered with `text/event-stream`, as
 * language models do, is a request with one answer, which a client could not tell from a truncated one.
 *
 * A grpc-js call whose service was added after drain() can be marked, too: its client is told UNAVAILABLE.
 *
 * @param mayEnd false lets an event stream run to its own end
 * @default true
 */
export function endOnDrain(response: ServerResponse | Http2ServerResponse | GrpcCall, mayEnd = true): void {
  marks.set(response, mayEnd)
}

/**
 * Whether a drain may end the response.
 * @param method of its request
 * @param contentType as the response's head says it; undefined when there is none
 */
export function endsOnDrain(response: object, method: string | undefined, contentType: unknown): boolean {
  return marks.get(response) ?? (method === 'GET' && /^text\/event-stream\b/i.test(String(contentType)))
}
