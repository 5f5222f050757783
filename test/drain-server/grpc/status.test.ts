import { describe, expect, test } from 'vitest'
import { effectiveStatus, isGrpc } from '../../../src/drain-server/grpc/status.ts'

describe('the status that a gRPC response is counted by', () => {
  test.each([
    ['OK in trailers', { ':status': 200 }, { 'grpc-status': '0' }, 200],
    ['a failure in trailers', { ':status': 200 }, { 'grpc-status': 14 }, 503],
    ['a failure in the head', { ':status': 200, 'grpc-status': '5' }, undefined, 404],
    ['the last code that there is', { ':status': 200 }, { 'grpc-status': 16 }, 401],
    ['a code that there is not', { ':status': 200 }, { 'grpc-status': 17 }, 500],
    ['no code: the HTTP status', { ':status': 404 }, undefined, 404],
    ['trailers without a code', { ':status': 200 }, { 'x-other': '1' }, 200],
    ['no response', undefined, undefined, 0],
  ])('%s', (_, head, trailers, expected) => {
    expect(effectiveStatus(head, trailers)).toBe(expected)
  })

  test('a request is a gRPC call by its content type', () => {
    expect(isGrpc({ 'content-type': 'application/grpc' })).toBe(true)
    expect(isGrpc({ 'content-type': 'application/grpc+proto' })).toBe(true)
    expect(isGrpc({ 'content-type': 'application/json' })).toBe(false)
    expect(isGrpc({})).toBe(false)
  })
})
