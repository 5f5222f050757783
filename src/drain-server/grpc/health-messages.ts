/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
export const serving = 1
export const notServing = 2

export type ServingStatus = typeof serving | typeof notServing

/** A HealthCheckResponse as a gRPC frame: not compressed, its length, then field 1 as a varint. */
export function healthResponse(status: ServingStatus): Buffer {
  return frame(Buffer.from([0x08, status]))
}

/** A HealthListResponse of the server as a whole: a map with the one key '' (an entry without its key, field 1). */
export function healthListResponse(status: ServingStatus): Buffer {
  return frame(Buffer.from([0x0a, 0x04, 0x12, 0x02, 0x08, status]))
}

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
