import { describe, expect, test } from 'vitest'
import { ApplyConflict, ApplyRefused } from '../../../src/cluster/api-server/fields/index.ts'
import { OneObject, Refused } from './one-object.ts'

const container = (fields: object = {}): object => ({ name: 'app', image: 'shop/web:1', ...fields })
const deployment = (pod: object = {}, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container()], ...pod } },
    ...spec,
  },
})
const ofPod = (pod: object): object => ({ spec: { template: { spec: pod } } })
const sleep = (seconds: number, name = 'app'): object => ({
  containers: [{ name, lifecycle: { preStop: { sleep: { seconds } } } }],
})
const contract = ofPod({ terminationGracePeriodSeconds: 45, ...sleep(5) })
const graceOf = (web: OneObject): unknown => web.live.spec.template.spec.terminationGracePeriodSeconds
const grace = '.spec.template.spec.terminationGracePeriodSeconds'

/** As `kubectl apply` makes it: an Update by its manager, which owns the defaults too. */
function byKubectl(pod: object = {}): OneObject {
  const web = new OneObject('Deployment')
  web.create('kubectl-client-side-apply', deployment(pod))
  return web
}

function conflictOf(attempt: () => unknown): ApplyConflict {
  try {
    attempt()
  } catch (error) {
    if (error instanceof ApplyConflict) return error
    throw error
  }
  throw new Error('there was no conflict')
}

describe('server-side apply on a Deployment', () => {
  test('kubectl apply owns the defaulted grace: 409, which names it', () => {
    const error = conflictOf(() => byKubectl().apply('drainkeeper', contract))
    expect(error.message).toBe(
      `Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: ${grace}`,
    )
    expect(error.causes).toEqual([
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kubectl-client-side-apply" using apps/v1',
        field: grace,
      },
    ])
  })

  test('several conflicts are told by manager', () => {
    const web = byKubectl()
    web.apply('other', { spec: { minReadySeconds: 7 } })
    const wanted = { spec: { minReadySeconds: 8, replicas: 3, ...(contract as { spec: object }).spec } }
    expect(conflictOf(() => web.apply('drainkeeper', wanted)).message).toBe(
      [
        'Apply failed with 3 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:',
        '- .spec.replicas',
        `- ${grace}`,
        'conflicts with "other":',
        '- .spec.minReadySeconds',
      ].join('\n'),
    )
  })

  test('made by server-side apply without the field, nobody owns it: the apply goes through', () => {
    const web = new OneObject('Deployment')
    web.apply('kubectl', deployment())
    web.apply('drainkeeper', contract)
    expect(graceOf(web)).toBe(45)
    expect(web.owners()).toContain(
      `drainkeeper Apply /spec/template/spec/containers/{"name":"app"} /spec/template/spec/containers/{"name":"app"}/lifecycle/preStop/sleep/seconds /spec/template/spec/containers/{"name":"app"}/name /spec/template/spec/terminationGracePeriodSeconds`,
    )
  })

  test('minReadySeconds and paused have no owner by default', () => {
    const web = byKubectl()
    web.apply('drainkeeper', { spec: { minReadySeconds: 60, paused: true } })
    expect([web.live.spec.minReadySeconds, web.live.spec.paused]).toEqual([60, true])
  })

  test('forced over a default, the contract holds through a new image; a stated grace takes it back', () => {
    const web = byKubectl()
    web.apply('drainkeeper', contract, { force: true })
    web.update('kubectl-client-side-apply', ({ spec }) => {
      spec.template.spec.containers[0].image = 'shop/web:2'
    })
    expect(graceOf(web)).toBe(45)
    web.update('kubectl-client-side-apply', ({ spec }) => {
      spec.template.spec.terminationGracePeriodSeconds = 40
    })
    expect(conflictOf(() => web.apply('drainkeeper', contract)).conflicts.map(({ field }) => field)).toEqual([grace])
    web.apply('drainkeeper', {})
    expect(graceOf(web)).toBe(40)
    expect(web.live.spec.template.spec.containers[0].lifecycle).toBeUndefined()
  })

  test('forced over an owner, then released: the default comes back, not the value of the owner', () => {
    const web = byKubectl({ terminationGracePeriodSeconds: 60 })
    web.apply('drainkeeper', contract, { force: true })
    web.apply('drainkeeper', {})
    expect(graceOf(web)).toBe(30)
    expect(web.owners().join()).not.toContain('terminationGracePeriodSeconds')
    expect(web.owners().join()).not.toContain('drainkeeper')
  })

  test('sleep beside exec: 422', () => {
    const web = byKubectl({ containers: [container({ lifecycle: { preStop: { exec: { command: ['true'] } } } })] })
    expect(() => web.apply('drainkeeper', contract, { force: true })).toThrow(
      'spec.template.spec.containers[0].lifecycle.preStop.sleep: Forbidden: may not specify more than 1 handler type',
    )
  })

  test('sleep that the grace does not cover: 422', () => {
    expect(() => byKubectl().apply('drainkeeper', ofPod(sleep(31)))).toThrow(
      'spec.template.spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
    )
  })

  test('a container that is not there: 422, since it would be a new one without an image', () => {
    expect(() => byKubectl().apply('drainkeeper', ofPod(sleep(5, 'ap')))).toThrow(
      'spec.template.spec.containers[1].image: Required value',
    )
  })

  test('the selector cannot change', () => {
    const web = byKubectl()
    expect(() =>
      web.update('kubectl', ({ spec }) => {
        spec.selector.matchLabels.app = 'shop'
        spec.template.metadata.labels.app = 'shop'
      }),
    ).toThrow('spec.selector: Invalid value: {"matchLabels":{"app":"shop"}}: field is immutable')
  })

  test('while we own an item of containers, a rename by its user fails: half of the old one stays', () => {
    const web = new OneObject('Deployment')
    web.apply('argo', deployment())
    web.apply('drainkeeper', contract)
    const renamed = deployment({ containers: [{ name: 'web', image: 'shop/web:1' }] })
    expect(() => web.apply('argo', renamed)).toThrow(Refused)
    expect(() => web.apply('argo', renamed)).toThrow('spec.template.spec.containers[0].image: Required value')
    web.apply('drainkeeper', {})
    expect(web.apply('argo', renamed).spec.template.spec.containers.map(({ name }: { name: string }) => name)).toEqual([
      'web',
    ])
  })

  test('kubectl takes over from client-side apply what the annotation says is still so', () => {
    const web = new OneObject('Deployment')
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
    const made = deployment() as { metadata: object }
    web.create('kubectl-client-side-apply', {
      ...made,
      metadata: { ...made.metadata, annotations: { [annotation]: JSON.stringify(made) } },
    })
    const next = deployment({ containers: [container({ image: 'shop/web:2' })] })
    expect(() => web.apply('gitops', next)).toThrow(ApplyConflict)
    web.apply('kubectl', next)
    expect(web.live.spec.template.spec.containers[0].image).toBe('shop/web:2')
    expect(web.live.metadata.annotations?.[annotation]).toContain('shop/web:2')
    // The grace is in no annotation: it stays with client-side apply, and is a conflict.
    const error = conflictOf(() => web.apply('kubectl', deployment({ terminationGracePeriodSeconds: 45 })))
    expect(error.conflicts.map(({ field }) => field)).toEqual([grace])
  })

  test('ports are named by their number and protocol, also where the protocol is the default', () => {
    const web = new OneObject('Deployment')
    const ports = [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }]
    web.apply('argo', deployment({ containers: [container({ ports })] }))
    web.apply('drainkeeper', ofPod({ containers: [{ name: 'app', ports: [{ containerPort: 80, name: 'http' }] }] }))
    expect(web.live.spec.template.spec.containers[0].ports).toEqual([
      { containerPort: 80, protocol: 'TCP', name: 'http' },
      { containerPort: 80, protocol: 'UDP' },
    ])
  })

  test('an unchanged apply keeps its time; one that changes something gets a new one', () => {
    const web = new OneObject('Deployment')
    web.apply('argo', deployment())
    const timeOf = (): string | undefined => web.live.metadata.managedFields?.[0]?.time
    const first = timeOf()
    web.apply('argo', deployment())
    expect(timeOf()).toBe(first)
    web.apply('argo', deployment({ terminationGracePeriodSeconds: 31 }))
    expect(timeOf()).not.toBe(first)
  })

  test('what the API server cannot make sense of', () => {
    const web = byKubectl()
    const refusal = (fields: object): unknown => {
      try {
        return web.apply('drainkeeper', fields)
      } catch (error) {
        return error instanceof ApplyRefused ? [error.status, error.message] : error
      }
    }
    const typed = 'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): '
    expect(refusal({ spec: { replicass: 3 } })).toEqual([500, `${typed}.spec.replicass: field not declared in schema`])
    expect(refusal({ spec: { replicas: '3' } })).toEqual([
      500,
      `${typed}.spec.replicas: expected numeric (int or float), got string`,
    ])
    expect(refusal(ofPod({ containers: [{ image: 'a' }, { name: 'b' }, { name: 'b' }] }))).toEqual([
      500,
      `${typed}.spec.template.spec.containers: duplicate entries for key [name="b"]`,
    ])
    expect(refusal({ kind: 'ReplicaSet' })).toEqual([400, 'invalid object type: apps/v1, Kind=ReplicaSet'])
    expect(refusal({ metadata: { managedFields: [] } })).toEqual([400, 'metadata.managedFields must be nil'])
  })
})
