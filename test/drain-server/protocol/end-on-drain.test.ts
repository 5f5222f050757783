import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { endOnDrain, endsOnDrain } from '../../../src/drain-server/protocol/end-on-drain.ts'

test.each([
  ['what an EventSource asks for', 'GET', 'text/event-stream', true],
  ['its content type with a charset', 'GET', 'Text/Event-Stream; charset=utf-8', true],
  ['an event stream that answers a POST', 'POST', 'text/event-stream', false],
  ['a page', 'GET', 'text/html', false],
  ['a type that only begins alike', 'GET', 'text/event-streams', false],
  ['a response without a type', 'GET', undefined, false],
])('without a mark: %s', (_name, method, contentType, may) => {
  expect(endsOnDrain({}, method, contentType)).toBe(may)
})

test('a mark goes before the type, both ways, and the last one counts', () => {
  const response = {} as ServerResponse
  endOnDrain(response)
  expect(endsOnDrain(response, 'POST', 'text/plain')).toBe(true)
  endOnDrain(response, false)
  expect(endsOnDrain(response, 'GET', 'text/event-stream')).toBe(false)
})
