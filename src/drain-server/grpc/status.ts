/** The codes that this library sends, of the gRPC protocol's status codes. */
export const grpcStatus = { unavailable: 14, unimplemented: 12 } as const

/** What a gRPC status means as an HTTP status, by its code: the mapping that google.rpc.Code documents. */
const httpStatusByCode = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401]

type Headers = Readonly<Record<string, unknown>>

/** Whether a request is a gRPC call: `application/grpc`, or with a message format as in `application/grpc+proto`. */
export function isGrpc(request: Headers): boolean {
  return String(request['content-type']).startsWith('application/grpc')
}

/**
 * The status that a response is counted by. Every gRPC response is an HTTP 200: whether the call failed stands in its
 * trailers, or in its head when it has no message.
 * @returns the HTTP status as sent, or what the gRPC status beside it means; 500 for one that is no known code
 */
export function effectiveStatus(head: Headers | undefined, trailers: Headers | undefined): number {
  const status = Number(head?.[':status'] ?? 0)
  const code = trailers?.['grpc-status'] ?? head?.['grpc-status']
  return code === undefined ? status : (httpStatusByCode[Number(code)] ?? 500)
}
