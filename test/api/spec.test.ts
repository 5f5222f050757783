import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { customResourceDefinition } from '../../src/api/crd.ts'
import { formatSeconds, manifestSchema, parseDuration, specSchema } from '../../src/api/index.ts'

const target = { targetRef: { name: 'checkout' } }

describe('the spec', () => {
  test('only a target is needed: every default is filled in', () => {
    expect(specSchema.parse(target)).toEqual({
      targetRef: { kind: 'Deployment', name: 'checkout' },
      mode: 'Enforce',
      contract: {
        drain: { method: 'Auto' },
        requestTime: { source: 'Auto', max: '60s' },
        safetyMargin: '5s',
        bounds: { drainDelay: { min: '1s', max: '60s' }, gracePeriod: { min: '30s', max: '600s' } },
      },
      propagation: { quantile: 0.95, confidence: 0.95, initial: '15s', window: 200 },
      delivery: { strategy: 'Auto' },
    })
  })

  const refused: Record<string, unknown> = {
    'an unknown field': { ...target, contrakt: {} },
    'an unknown field deep inside': { ...target, contract: { bounds: { drainDelay: { maximum: '3s' } } } },
    'a duration without a unit': { ...target, propagation: { initial: '15' } },
    'an empty duration': { ...target, propagation: { initial: '' } },
    'a quantile of 1': { ...target, propagation: { quantile: 1 } },
    'a quantile of 0': { ...target, propagation: { quantile: 0 } },
    'a mode that does not exist': { ...target, mode: 'On' },
    'a readiness path without a slash': { ...target, contract: { readiness: { path: 'ready' } } },
    'a window of 5': { ...target, propagation: { window: 5 } },
  }
  test.each(Object.entries(refused))('refuses %s', (_, spec) => {
    expect(specSchema.safeParse(spec).success).toBe(false)
  })

  test('a manifest of another kind is refused', () => {
    const manifest = {
      apiVersion: 'drainkeeper.dev/v1alpha1',
      kind: 'DrainPolicy',
      metadata: { name: 'a' },
      spec: target,
    }
    expect(manifestSchema.safeParse(manifest).success).toBe(true)
    expect(manifestSchema.safeParse({ ...manifest, kind: 'Drain' }).success).toBe(false)
  })
})

describe('durations', () => {
  test.each([
    ['15s', 15],
    ['1m30s', 90],
    ['500ms', 0.5],
    ['2h', 7200],
    ['0s', 0],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBeCloseTo(seconds, 9)
  })

  test.each(['', '15', 's', '-1s', '1.5s', '30s1m', '1d', ' 1s'])('"%s" is refused by name', (text) => {
    expect(() => parseDuration(text)).toThrow(`"${text}" is not a duration`)
  })

  test('seconds are printed as a person reads them', () => {
    expect([0.49, 1, 12.34, 0.4951].map(formatSeconds)).toEqual(['0.49s', '1s', '12.3s', '0.5s'])
  })
})

describe('the custom resource definition', () => {
  const text = readFileSync(new URL('../../crds/drainkeeper.dev_drainpolicies.yaml', import.meta.url), 'utf8')

  test('the committed file is what the schema generates', () => {
    expect(parse(text)).toEqual(parse(stringify(customResourceDefinition(), { aliasDuplicateObjects: false })))
  })

  test('it is structural: typed, and closed only where there are no properties', () => {
    const walk = (schema: Record<string, unknown>, path: string): string[] => {
      const properties = (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>
      const items = schema['items'] as Record<string, unknown> | undefined
      return [
        ...(schema['type'] === undefined ? [`${path}: no type`] : []),
        ...(schema['properties'] !== undefined && schema['additionalProperties'] !== undefined
          ? [`${path}: both`]
          : []),
        ...['$ref', 'anyOf', 'oneOf', 'allOf', 'not'].filter((key) => key in schema).map((key) => `${path}: ${key}`),
        ...Object.entries(properties).flatMap(([name, child]) => walk(child, `${path}.${name}`)),
        ...(items === undefined ? [] : walk(items, `${path}[]`)),
      ]
    }
    const version = (parse(text) as { spec: { versions: { schema: { openAPIV3Schema: Record<string, unknown> } }[] } })
      .spec.versions[0]
    expect(walk(version?.schema.openAPIV3Schema ?? {}, 'DrainPolicy')).toEqual([])
  })

  test('every field of spec and status has a description that kubectl explain shows', () => {
    const undescribed = (schema: Record<string, unknown>, path: string): string[] =>
      Object.entries((schema['properties'] ?? {}) as Record<string, Record<string, unknown>>).flatMap(
        ([name, child]) => [
          ...(child['description'] === undefined ? [`${path}.${name}`] : []),
          ...undescribed(child, `${path}.${name}`),
          ...undescribed((child['items'] ?? {}) as Record<string, unknown>, `${path}.${name}[]`),
        ],
      )
    const schema = (
      customResourceDefinition()['spec'] as { versions: { schema: { openAPIV3Schema: Record<string, never> } }[] }
    ).versions[0]?.schema.openAPIV3Schema
    const properties = schema?.['properties'] as unknown as Record<string, Record<string, unknown>>
    expect([
      ...undescribed(properties['spec'] ?? {}, 'spec'),
      ...undescribed(properties['status'] ?? {}, 'status'),
    ]).toEqual([])
  })
})
