import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'

/** What a protocol on top of HTTP/2 knows of one stream. */
export interface StreamTraits {
  /**
   * A health check: served, counted nowhere, and nothing is lost with it.
   * @default what the context's isProbe says of its headers
   */
  probe?: boolean
  /**
   * The stream has no end of its own: a drain calls this once the listener is closed, one stream after the other, and
   * it has to end the stream in the protocol's own way.
   */
  endOnDrain?: () => void
}

/** Called once for each stream, before the application sees it. It must not throw, read, or respond. */
export type StreamObserver = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => StreamTraits | undefined
