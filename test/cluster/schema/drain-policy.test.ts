import { describe, expect, test } from 'vitest'
import { definition, kind, policy, wrong } from './drain-policy.ts'

const target = { targetRef: { name: 'checkout' } }

describe('a DrainPolicy, by its CustomResourceDefinition', () => {
  test('gets every default, and is valid', () => {
    const given = policy({ ...target })
    expect(wrong(given)).toEqual([])
    expect(given.spec).toEqual({
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

  const refused: [string, object, string[]][] = [
    [
      'nothing to drain',
      {},
      [
        'spec: Invalid value: name what to drain: set targetRef, such as {kind: Deployment, name: checkout}, or selector',
      ],
    ],
    ['an unknown field', { ...target, contrakt: {} }, ['spec.contrakt: unknown']],
    [
      'an unknown field deep inside',
      { ...target, contract: { bounds: { drainDelay: { maximum: '3s' } } } },
      ['spec.contract.bounds.drainDelay.maximum: unknown'],
    ],
    [
      'a mode that does not exist',
      { ...target, mode: 'On' },
      [
        'spec.mode: Unsupported value: "On": supported values: "Enforce", "Observe"',
        '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      ],
    ],
    [
      'a window that is too small',
      { ...target, propagation: { window: 5 } },
      [
        'spec.propagation.window: Invalid value: 5: spec.propagation.window in body should be greater than or equal to 10',
      ],
    ],
    [
      'text for a number',
      { ...target, propagation: { window: 'many' } },
      [
        'spec.propagation.window: Invalid value: "string": spec.propagation.window in body must be of type integer: "string"',
        '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      ],
    ],
    [
      'a Service that is named twice',
      { ...target, services: ['a', 'a'] },
      ['spec: Invalid value: services names a Service twice: name each once'],
    ],
    [
      'a duration without a unit',
      { ...target, propagation: { initial: '15' } },
      [
        'spec.propagation.initial: Invalid value: "15": write a duration: a number and a unit, such as 15s, 1m30s or 500ms',
      ],
    ],
    [
      'a first guess above its bound',
      { ...target, propagation: { initial: '2m' } },
      [
        'spec: Invalid value: propagation.initial is above contract.bounds.drainDelay.max: write a smaller initial or a larger maximum, since D must cover P',
      ],
    ],
  ]
  test.each(refused)('%s is refused', (_, spec, expected) => {
    expect(wrong(policy(spec))).toEqual(expected)
  })

  test('metadata is read as that of any object', () => {
    const given = policy({ ...target })
    Object.assign(given.metadata, { labels: {}, annotations: { a: 'b' }, lables: {} })
    expect(wrong(given)).toEqual(['metadata.lables: unknown'])
    expect(given.metadata).toEqual({ name: 'checkout', namespace: 'shop', annotations: { a: 'b' } })
  })

  test('its status is written apart, and only writes of the rest raise the generation', () => {
    const old = policy({ ...target })
    kind.prepareForCreate(old)
    const next = structuredClone({ ...old, status: { observedGeneration: 1 } })
    kind.prepareForUpdate(next, old)
    expect([next.status, next.metadata.generation]).toEqual([undefined, 1])

    const written = structuredClone({ ...old, spec: {}, status: { observedGeneration: 1 } })
    Object.assign(written.metadata, { labels: { a: 'b' } })
    kind.prepareForUpdate(written, old, 'status')
    expect(written).toEqual({ ...old, status: { observedGeneration: 1 } })

    const changed = structuredClone(old)
    changed.spec['mode'] = 'Observe'
    kind.prepareForUpdate(changed, old)
    expect(changed.metadata.generation).toBe(2)
  })

  test('every rule of the definition can be compiled and asked', () => {
    const rules = [...JSON.stringify(definition).matchAll(/"rule":/g)]
    expect(rules.length).toBeGreaterThan(10)
    const full = policy({
      ...target,
      services: ['a', 'b'],
      contract: { readiness: { path: '/ready', port: 8080 }, safetyMargin: '1m30s' },
    })
    expect(wrong(full).filter((problem) => /compile|evaluating/.test(problem))).toEqual([])
  })
})
