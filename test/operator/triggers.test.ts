import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/kube/index.ts'
import { ReflectedCache } from '../../src/kube/reflected-cache.ts'
import { indexes, isTarget, type World } from '../../src/operator/gather.ts'
import { parseKey, policyKey, releaseKey } from '../../src/operator/keys.ts'
import { Orphans } from '../../src/operator/orphans.ts'
import { OwnWrites } from '../../src/operator/own-writes.ts'
import {
  type DeploymentFacts,
  type PodFacts,
  type PolicyFacts,
  projectPod,
  type ServiceFacts,
} from '../../src/operator/projections.ts'
import { isOrphaned, Triggers } from '../../src/operator/triggers.ts'
import type { Drain } from '../../src/operator/termination-observer.ts'
import { deploymentOf, policyOf, rawPod, serviceOf, type Template } from './facts.ts'

/** Caches that take what is already projected, and a queue that only notes. */
class Watched {
  readonly queued: string[] = []
  readonly #version = { last: 0 }
  readonly policies = this.#cache<PolicyFacts>({ [indexes.byNamespace]: ({ namespace }) => [namespace] })
  readonly deployments = this.#cache<DeploymentFacts>({ [indexes.byNamespace]: ({ view }) => [view.namespace] })
  readonly services = this.#cache<ServiceFacts>({ [indexes.byNamespace]: ({ namespace }) => [namespace] })
  readonly pods = new ReflectedCache<PodFacts>({ project: projectPod, indexes: { [indexes.byDeployment]: () => [] } })
  readonly world: World = {
    policies: this.policies,
    deployments: this.deployments,
    pods: this.pods,
    services: this.services,
    writtenPolicies: new OwnWrites(),
    writtenDeployments: new OwnWrites(),
  }
  readonly triggers = new Triggers(
    this.world,
    {
      add: (key) => void this.queued.push(key),
      addAfter: (key, delayMs) => void this.queued.push(delayMs === 0 ? key : `${key} later`),
    },
    new Orphans(() => 0),
  )

  constructor() {
    const reflected = <T>(cache: ReflectedCache<T>) => ({ onEvent: cache.onEvent.bind(cache) })
    this.triggers.connect({
      policies: reflected(this.policies),
      deployments: reflected(this.deployments),
      pods: reflected(this.pods),
      services: reflected(this.services),
    } as never)
  }

  put<T>(cache: ReflectedCache<T>, name: string, object: T): string[] {
    return this.#told(() => cache.upsert(this.#raw(name, object), this.#arrival, false))
  }

  remove<T>(cache: ReflectedCache<T>, name: string, object: T): string[] {
    return this.#told(() => cache.delete(this.#raw(name, object), this.#arrival, false))
  }

  pod(): string[] {
    return this.#told(() => this.pods.upsert(rawPod(), this.#arrival, false))
  }

  #told(change: () => void): string[] {
    this.queued.length = 0
    change()
    return [...new Set(this.queued)].sort()
  }

  readonly #arrival = { receivedAtMs: 0, receivedMonotonicMs: 0 }

  #raw(name: string, object: unknown): KubeObject {
    this.#version.last += 1
    const metadata = { namespace: 'shop', name, uid: name, resourceVersion: String(this.#version.last) }
    return { metadata, object } as KubeObject
  }

  #cache<T>(index: Record<string, (object: T) => string[]>): ReflectedCache<T> {
    return new ReflectedCache<T>({ project: (raw) => (raw as unknown as { object: T }).object, indexes: index })
  }
}

const owned: Template = { graceSeconds: 95, sleepSeconds: 15 }

function named(name: string, target = 'checkout', creationTimestamp = '2026-01-01T00:00:00Z'): PolicyFacts {
  return { ...policyOf({ targetRef: { name: target } }), name, uid: name, creationTimestamp }
}

function world(): Watched {
  const watched = new Watched()
  watched.put(watched.deployments, 'checkout', deploymentOf(owned))
  watched.put(watched.policies, 'checkout', named('checkout'))
  return watched
}

describe('what is looked at when', () => {
  test('a new policy comes: it, and all others of the namespace', () => {
    const watched = world()
    expect(watched.put(watched.policies, 'other', named('other', 'cart'))).toEqual([
      'policy/shop/checkout',
      'policy/shop/other',
    ])
  })

  test('the status of a policy changes: it alone, in a while', () => {
    const watched = world()
    expect(watched.put(watched.policies, 'checkout', named('checkout'))).toEqual(['policy/shop/checkout later'])
  })

  test('a policy goes: the others, and what is to be given back', () => {
    const watched = world()
    watched.put(watched.policies, 'other', named('other', 'cart'))
    expect(watched.remove(watched.policies, 'checkout', named('checkout'))).toEqual([
      'policy/shop/checkout',
      'policy/shop/other',
      'release/shop/checkout later',
    ])
  })

  test('the spec of a Deployment changes: its policy, at once', () => {
    const watched = world()
    const next = deploymentOf(owned)
    const changed = { ...next, view: { ...next.view, generation: 5 } }
    expect(watched.put(watched.deployments, 'checkout', changed)).toEqual(['policy/shop/checkout'])
  })

  test('the status of a Deployment changes: its policy, in a while', () => {
    const watched = world()
    expect(watched.put(watched.deployments, 'checkout', deploymentOf(owned))).toEqual(['policy/shop/checkout later'])
  })

  test('a Deployment loses the labels that it was selected by: its policy, and it is given back', () => {
    const watched = new Watched()
    const policy = { ...policyOf({ selector: { matchLabels: { team: 'shop' } } }), name: 'team', uid: 'team' }
    watched.put(watched.deployments, 'checkout', deploymentOf(owned))
    watched.put(watched.policies, 'team', policy)
    const unlabelled = { ...deploymentOf(owned), labels: {} }
    expect(watched.put(watched.deployments, 'checkout', unlabelled)).toEqual([
      'policy/shop/team later',
      'release/shop/checkout later',
    ])
  })

  test('a Deployment goes: its policy, at once', () => {
    const watched = world()
    expect(watched.remove(watched.deployments, 'checkout', deploymentOf(owned))).toEqual(['policy/shop/checkout'])
  })

  test('a Deployment of no policy changes: nothing', () => {
    const watched = world()
    expect(watched.put(watched.deployments, 'cart', deploymentOf({ name: 'cart' }))).toEqual([])
  })

  test('a pod changes: every policy for its Deployment, in a while; one that drained is for the one that has it', () => {
    const watched = world()
    watched.put(watched.policies, 'younger', named('younger', 'checkout', '2026-02-01T00:00:00Z'))
    expect(watched.pod()).toEqual(['policy/shop/checkout later', 'policy/shop/younger later'])
    watched.queued.length = 0
    watched.triggers.drain({ namespace: 'shop', deployment: 'checkout' } as Drain)
    expect(watched.queued).toEqual(['policy/shop/checkout later'])
  })

  test('a Service changes: the policies of its namespace, in a while', () => {
    const watched = world()
    expect(watched.put(watched.services, 'checkout', serviceOf())).toEqual(['policy/shop/checkout later'])
  })

  test('leadership begins: every policy, and what nobody has any more', () => {
    const watched = world()
    watched.put(watched.deployments, 'cart', deploymentOf({ ...owned, name: 'cart' }))
    watched.queued.length = 0
    watched.triggers.all()
    expect(watched.queued).toEqual(['policy/shop/checkout', 'release/shop/cart later'])
  })
})

describe('a Deployment is orphaned', () => {
  const orphaned = (policies: PolicyFacts[], template: Template = owned): boolean => {
    const watched = new Watched()
    for (const policy of policies) watched.put(watched.policies, policy.name, policy)
    return isOrphaned(watched.world, deploymentOf(template))
  }

  test('when we own fields of it and no policy is for it', () => {
    expect(orphaned([])).toBe(true)
    expect(orphaned([named('other', 'cart')])).toBe(true)
  })

  test('not when a policy is for it, nor when we own nothing', () => {
    expect(orphaned([named('checkout')])).toBe(false)
    expect(orphaned([], {})).toBe(false)
    expect(orphaned([], { ...owned, owner: 'helm' })).toBe(false)
  })

  test('not while a policy of the namespace cannot be read: it may be the one', () => {
    expect(orphaned([{ ...policyOf({ mode: 'Guess' }), name: 'newer' }])).toBe(false)
  })

  test('never by a policy of another namespace', () => {
    expect(isTarget({ ...named('checkout'), namespace: 'other' }, deploymentOf())).toBe(false)
  })
})

test('keys name what they are for', () => {
  const place = { namespace: 'shop', name: 'checkout' }
  expect(parseKey(policyKey(place))).toEqual({ kind: 'policy', ...place })
  expect(parseKey(releaseKey(place))).toEqual({ kind: 'release', ...place })
})
