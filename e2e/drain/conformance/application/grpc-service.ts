/** The gRPC service of the suite, for both sides. A message is a text, in UTF-8: no code generator has a part in it. */
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'

const serialize = (text: string): Buffer => Buffer.from(text)
const deserialize = (bytes: Buffer): string => bytes.toString()

function method(path: string, requestStream: boolean, responseStream: boolean): MethodDefinition<string, string> {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  }
}

/**
 * - Ask: one path, one body
 * - Stream: one path, its body in the parts in which it comes
 * - Collect: texts, and when the last has come all of them in one
 * - Echo: each text comes back
 */
export const conformanceService = {
  Ask: method('/conformance.Conformance/Ask', false, false),
  Stream: method('/conformance.Conformance/Stream', false, true),
  Collect: method('/conformance.Conformance/Collect', true, false),
  Echo: method('/conformance.Conformance/Echo', true, true),
} satisfies ServiceDefinition
