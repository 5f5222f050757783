import type { ServiceDefinition } from '@grpc/grpc-js'

const same = (bytes: Buffer): Buffer => bytes

/** One unary method on bytes: what grpc-js itself costs, without any protobuf. */
export const echoService = {
  echo: {
    path: '/bench.Echo/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
} satisfies ServiceDefinition
