import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Catalogue, chooseScenarios, listScenarios } from '../../src/cli/choose-scenarios.ts'
import type { Scenario } from '../../src/lab/scenario.ts'

const scenario = (name: string): Scenario => ({
  name,
  title: `about ${name}`,
  about: '',
  replicas: 4,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 100, workMs: 5 },
  lag: { default: { kind: 'fixed', ms: 1 } },
  variants: [],
})

/** Accepts what has a name and at most 50 pods. */
const check: Catalogue['check'] = (value) => {
  const { name, replicas = 1 } = (value ?? {}) as Partial<Scenario>
  if (name === undefined) return ['name is missing']
  return replicas > 50 ? ['replicas must be at most 50'] : []
}
const catalogue: Catalogue = {
  scenarios: ['http', 'grpc', 'websocket'].map(scenario),
  groups: { default: ['http'], protocols: ['grpc', 'websocket'] },
  check,
}

let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'choose-'))))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const chosen = (...names: string[]): string[] => chooseScenarios({ scenario: names }, catalogue).map(({ name }) => name)

describe('which scenarios are rehearsed', () => {
  test.each([
    [[], ['http']],
    [['grpc'], ['grpc']],
    [['protocols'], ['grpc', 'websocket']],
    [['all'], ['http', 'grpc', 'websocket']],
    [
      ['grpc', 'all'],
      ['grpc', 'http', 'websocket'],
    ],
  ])('%j are %j, each once', (asked, found) => {
    expect(chosen(...asked)).toEqual(found)
  })

  test('two scenarios of one name are refused, and the same one twice is one', () => {
    const own = file('own.json', JSON.stringify({ ...scenario('http'), replicas: 9 }))
    expect(() => chosen('http', own)).toThrow(
      'http is the name of two scenarios that were asked for: give one of them another',
    )
    expect(chosen(own, own)).toEqual(['http'])
  })

  test('a name that is not known is told those that are', () => {
    expect(() => chosen('htpp')).toThrow(
      '--scenario htpp: there is no such scenario. Write one of default, protocols, all, http, grpc, websocket, or a file that ends in .yaml or .json.',
    )
  })

  test.each([
    ['own.yaml', 'name: own\nreplicas: 3\nload: { protocol: http, ratePerSecond: 10 }\n'],
    ['own.json', '{"name": "own", "replicas": 3, "load": {"protocol": "http", "ratePerSecond": 10}}'],
  ])('%s is read', (name, text) => {
    expect(chosen(file(name, text), 'grpc')).toEqual(['own', 'grpc'])
  })

  test.each([
    ['broken.yaml', 'name: [', /broken\.yaml: .*Flow sequence/s],
    ['wrong.yaml', 'title: no name', /^wrong\.yaml: name is missing$/],
    ['empty.json', '', /^empty\.json: name is missing$/],
  ])('%s is refused with the reason', (name, text, reason) => {
    expect(() => chosen(file(name, text))).toThrow(reason)
  })

  test('what every object has is no group', () => {
    expect(() => chosen('constructor')).toThrow('--scenario constructor: there is no such scenario')
  })

  test('a file that is not there is told', () => {
    expect(() => chosen('nowhere.yaml')).toThrow(/--scenario nowhere\.yaml: ENOENT/)
  })

  test('what the options say replaces what the scenario says, and is checked as well', () => {
    const [found] = chooseScenarios({ scenario: [], rate: 7, replicas: 2, disruptions: 5 }, catalogue)
    expect(found).toMatchObject({
      replicas: 2,
      disruptions: 5,
      load: { protocol: 'http', ratePerSecond: 7, workMs: 5 },
    })
    expect(() => chooseScenarios({ scenario: [], replicas: 51 }, catalogue)).toThrow(
      'http: replicas must be at most 50',
    )
  })
})

test('the list has a line for each, with its groups', () => {
  expect(listScenarios(catalogue)).toEqual([
    'http       about http  (default)',
    'grpc       about grpc  (protocols)',
    'websocket  about websocket  (protocols)',
  ])
})
