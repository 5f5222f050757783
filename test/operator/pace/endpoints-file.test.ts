import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { EndpointsFileError, parseEndpoints, readEndpoints } from '../../../src/operator/pace/endpoints-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'endpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

const main = {
  url: 'http://p:9090',
  timeoutSeconds: 5,
  lagSeconds: 30,
  addresses: { loopback: false },
  ownQueries: false,
}

test.each<[string, string, object]>([
  ['nothing', '', {}],
  ['comments', '# none\n', {}],
  ['an empty map', '{}', {}],
  ['YAML', 'main:\n  url: http://p:9090\n', { main }],
  ['JSON', '{"main": {"url": "http://p:9090", "ownQueries": true}}', { main: { ...main, ownQueries: true } }],
])('%s', (_, text, endpoints) => expect(parseEndpoints(text, 'f.yaml')).toEqual(endpoints))

test.each<[string, string, RegExp]>([
  ['another scheme', 'main: {url: ftp://p}', /^f\.yaml: main\.url: must be an http or https URL without credentials/],
  ['no URL', 'main: {}', /^f\.yaml: main\.url: /],
  ['a word of its own', 'main: {url: http://p, insecure: true}', /^f\.yaml: main: .*insecure/],
  ['a name that is none', 'Main: {url: http://p}', /^f\.yaml: Main: the name must be a DNS label/],
  ['too long a time', 'main: {url: http://p, timeoutSeconds: 90}', /^f\.yaml: main\.timeoutSeconds: /],
  [
    'a range that is none',
    'main: {url: http://p, addresses: {ranges: [x]}}',
    /main\.addresses\.ranges\.0: must be a range/,
  ],
  ['two faults', 'a: {}\nb: {url: 5}', /a\.url: .*; b\.url: /],
  ['a list', '- a', /^f\.yaml: the whole: /],
  ['a text', 'main', /^f\.yaml: the whole: /],
  ['what is no YAML', 'main:\n  url: [', /^f\.yaml, line 2, column \d+: this is not YAML/],
  ['a key twice', 'main: {url: http://p}\nmain: {url: http://q}', /^f\.yaml, line 2, column 1: this is not YAML/],
  ['aliases', 'a: &a {url: http://p}\nb: *a', /anchors and aliases are not read/],
])('%s is refused, with the place and what to write', (_, text, message) => {
  expect(() => parseEndpoints(text, 'f.yaml')).toThrow(EndpointsFileError)
  expect(() => parseEndpoints(text, 'f.yaml')).toThrow(message)
  expect(() => parseEndpoints(text, 'f.yaml')).toThrow(/main: { url: http:\/\/prometheus\.monitoring\.svc:9090 }$/)
})

test('a file is read; one that is not there is not the same as one that cannot be read', () => {
  const file = join(folder, 'endpoints.yaml')
  writeFileSync(file, 'main: {url: http://p:9090}')
  expect(readEndpoints(file)).toEqual({ main })
  expect(readEndpoints(join(folder, 'none.yaml'))).toBeUndefined()
  expect(() => readEndpoints(folder)).toThrow(/cannot be read: EISDIR/)
})
