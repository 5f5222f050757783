import { describe, expect, it, test } from 'vitest'
import {
  addressTypesOf,
  belongsInSlices,
  changesEndpoint,
  endpointOf,
  endpointPorts,
} from '../../../src/cluster/controllers/endpointslice/endpoint.ts'
import { planSlices, type PortGroup } from '../../../src/cluster/controllers/endpointslice/plan-slices.ts'
import { TriggerTimes } from '../../../src/cluster/controllers/endpointslice/trigger-time.ts'
import { WrittenSlices } from '../../../src/cluster/controllers/endpointslice/written-slices.ts'
import type { Endpoint, EndpointSlice, Service } from '../../../src/cluster/controllers/shared/objects.ts'
import { node, nowMs, pod, type PodParts, service } from './objects.ts'

const deleted = { deletionTimestamp: '2026-01-01T12:00:30Z' }

describe('a pod as an endpoint', () => {
  const cases: [string, PodParts, Partial<Service['spec']>, Endpoint['conditions']][] = [
    ['is ready and serving', {}, {}, { ready: true, serving: true, terminating: false }],
    ['is not serving when not ready', { ready: false }, {}, { ready: false, serving: false, terminating: false }],
    [
      'is serving and not ready once deleted',
      { metadata: deleted },
      {},
      { ready: false, serving: true, terminating: true },
    ],
    [
      'ends without serving when its probe fails',
      { metadata: deleted, ready: false },
      {},
      { ready: false, serving: false, terminating: true },
    ],
    [
      'is ready whatever it is when the Service publishes all',
      { metadata: deleted, ready: false },
      { publishNotReadyAddresses: true },
      { ready: true, serving: false, terminating: true },
    ],
  ]
  test.each(cases)('%s', (_name, parts, spec, conditions) => {
    expect(endpointOf(pod('a', parts), node('node-1'), service(spec), 'IPv4')?.conditions).toEqual(conditions)
  })

  it('tells where it is and which pod it is', () => {
    const placed = pod('a', { spec: { hostname: 'a-0', subdomain: 'web' } })
    const zoned = node('node-1', {}, { 'topology.kubernetes.io/zone': 'z1' })
    expect(endpointOf(placed, zoned, service(), 'IPv4')).toMatchObject({
      addresses: ['10.0.0.1'],
      nodeName: 'node-1',
      zone: 'z1',
      hostname: 'a-0',
      targetRef: { kind: 'Pod', namespace: 'shop', name: 'a', uid: 'a' },
    })
    const other = service({}, { name: 'other' })
    expect(endpointOf(placed, undefined, other, 'IPv4')).not.toHaveProperty('hostname')
  })

  it('has the addresses of one family', () => {
    const dual = pod('a', { status: { podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] } })
    expect(endpointOf(dual, undefined, service(), 'IPv6')?.addresses).toEqual(['fd00::1'])
    expect(endpointOf(pod('b'), undefined, service(), 'IPv6')).toBeUndefined()
    expect(addressTypesOf(service({ ipFamilies: ['IPv6', 'IPv4'] }))).toEqual(['IPv6', 'IPv4'])
    expect(addressTypesOf(service({ ipFamilies: [], clusterIP: 'fd00::1' }))).toEqual(['IPv6'])
    expect(addressTypesOf(service({ ipFamilies: [], clusterIP: 'None' }))).toEqual(['IPv4', 'IPv6'])
  })

  it('is none without an address, and none when it is over', () => {
    expect(belongsInSlices(pod('a'))).toBe(true)
    expect(belongsInSlices(pod('a', { status: { podIP: '', podIPs: [] } }))).toBe(false)
    expect(belongsInSlices(pod('a', { phase: 'Succeeded' }))).toBe(false)
  })

  it('has the ports of the Service, by number or by its own name for them', () => {
    const ports = (...given: NonNullable<Service['spec']['ports']>) =>
      endpointPorts(service({ ports: given }), pod('a'))
    expect(ports({ name: 'web', port: 80, targetPort: 'http', appProtocol: 'h2c' })).toEqual([
      { name: 'web', port: 8080, protocol: 'TCP', appProtocol: 'h2c' },
    ])
    expect(ports({ port: 80, targetPort: 9090, protocol: 'UDP' })).toEqual([{ name: '', port: 9090, protocol: 'UDP' }])
    expect(ports({ port: 80 })).toEqual([{ name: '', port: 80, protocol: 'TCP' }])
    expect(ports({ port: 80, targetPort: 'nameless' })).toEqual([])
    expect(ports({ port: 80, targetPort: 'http', protocol: 'UDP' })).toEqual([])
  })

  it('changes with readiness, deletion and address, and with nothing else', () => {
    const changes = (parts: PodParts) => changesEndpoint(pod('a'), pod('a', parts))
    expect([{}, { restarts: 4 }, { since: 1 }].map(changes)).toEqual([false, false, false])
    expect([{ ready: false }, { metadata: deleted }, { ip: '10.0.0.2' }, { phase: 'Failed' }].map(changes)).toEqual([
      true,
      true,
      true,
      true,
    ])
  })
})

describe('slices', () => {
  const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }]
  const endpoints = (...names: string[]): Endpoint[] =>
    names.map((name) => endpointOf(pod(name, { ip: `10.0.0.${name}` }), node('node-1'), service(), 'IPv4') as Endpoint)
  const group = (...names: string[]): PortGroup => ({ ports, endpoints: endpoints(...names) })
  const plan = (groups: PortGroup[], existing: EndpointSlice[] = [], of = service()) =>
    planSlices({ service: of, addressType: 'IPv4', groups, existing, maxEndpoints: 3 })
  /** As the API server gives it back. */
  const stored = (name: string, slice: EndpointSlice | undefined): EndpointSlice => {
    if (slice === undefined) throw new Error('no slice was planned')
    return JSON.parse(JSON.stringify({ ...slice, metadata: { ...slice.metadata, name } })) as EndpointSlice
  }
  const made = (...names: string[]) => stored(`slice-${names.join('')}`, plan([group(...names)]).create[0])
  const namesIn = (slice: EndpointSlice | undefined) => slice?.endpoints?.map(({ targetRef }) => targetRef.name)

  it('carry the labels of the Service and their own, and belong to it', () => {
    const labelled = service({ clusterIP: 'None' }, { labels: { team: 'a', 'kubernetes.io/service-name': 'wrong' } })
    expect(plan([group('1')], [], labelled).create[0]?.metadata).toMatchObject({
      generateName: 'web-',
      namespace: 'shop',
      labels: {
        team: 'a',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'service.kubernetes.io/headless': '',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'service', controller: true }],
    })
  })

  it('that are right stay untouched', () => {
    expect(plan([group('1', '2')], [made('1', '2')])).toEqual({ create: [], update: [], remove: [] })
  })

  it('that have to change take the new endpoints', () => {
    const { create, update, remove } = plan([group('2', '3')], [made('1', '2')])
    expect([create, remove]).toEqual([[], []])
    expect(update.map(namesIn)).toEqual([['2', '3']])
  })

  it('that need not change take what still fits, and others are made for the rest', () => {
    expect(plan([group('1', '2')], [made('1')]).update.map(namesIn)).toEqual([['1', '2']])
    const { create, update } = plan([group('1', '2', '3', '4')], [made('1', '2')])
    expect([create.map(namesIn), update.map(namesIn)]).toEqual([[['3', '4']], []])
    expect(plan([group('1', '2', '3', '4', '5', '6', '7')]).create.map(namesIn)).toEqual([
      ['1', '2', '3'],
      ['4', '5', '6'],
      ['7'],
    ])
  })

  it('that are emptied go, and the last one stays without endpoints', () => {
    expect(plan([group('1')], [made('1'), made('2')]).remove.map(({ metadata }) => metadata.name)).toEqual(['slice-2'])
    const { create, update, remove } = plan([group()], [made('1')])
    expect([create, remove]).toEqual([[], []])
    expect(update).toMatchObject([{ metadata: { name: 'slice-1' }, endpoints: null, ports: null }])
    expect(
      plan(
        [],
        update.map((slice) => stored('slice-1', slice)),
      ),
    ).toEqual({ create: [], update: [], remove: [] })
  })

  it('are one for each set of ports', () => {
    const other = { ports: [{ name: 'http', port: 9090, protocol: 'TCP' }], endpoints: endpoints('2') }
    const { create, update } = plan([group('1'), other], [made('1')])
    expect([create.map(namesIn), update]).toEqual([[['2']], []])
    // The slice of ports that nobody has any more becomes the one of those that came.
    expect(plan([other], [made('1')]).update).toMatchObject([{ metadata: { name: 'slice-1' }, ports: other.ports }])
  })

  it('follow the labels of the Service', () => {
    const { update } = plan([group('1')], [made('1')], service({}, { labels: { team: 'b' } }))
    expect(update).toMatchObject([{ metadata: { labels: { team: 'b' } } }])
  })

  it('of a Service that was made again under the same name are not taken over', () => {
    const again = service({}, { uid: 'another' })
    const { create, update, remove } = plan([group('1')], [made('1')], again)
    expect([create.length, update.length, remove.length]).toEqual([1, 0, 1])
  })
})

describe('the time since when a change waits', () => {
  it('is the creation of the Service at first, then the earliest change of readiness', () => {
    const times = new TriggerTimes()
    const made = service({}, { creationTimestamp: '2026-01-01T11:00:00Z' })
    expect(times.look(made, [pod('a', { since: 9 })])).toBe(Date.UTC(2026, 0, 1, 11))
    expect(times.look(made, [pod('a', { since: 9 })])).toBeUndefined()
    expect(times.look(made, [pod('a', { since: 3 }), pod('b', { since: 4 })])).toBe(nowMs - 240_000)
    // A termination changes no readiness.
    expect(times.look(made, [pod('a', { since: 3, metadata: deleted })])).toBeUndefined()
  })
})

describe('our own writes', () => {
  const slice = (name: string, resourceVersion: string): EndpointSlice => ({
    metadata: { namespace: 'shop', name, resourceVersion },
    addressType: 'IPv4',
  })

  it('are newer than a cache that does not show them', () => {
    const written = new WrittenSlices()
    written.wrote('shop/web', slice('a', '100'))
    expect(written.areNewerThan('shop/web', [])).toBe(true)
    expect(written.areNewerThan('shop/web', [slice('a', '99')])).toBe(true)
    expect(written.areNewerThan('shop/web', [slice('a', '100')])).toBe(false)
    written.deleted('shop/web', slice('a', '100'))
    expect(written.areNewerThan('shop/web', [slice('a', '100')])).toBe(true)
    expect(written.areNewerThan('shop/web', [])).toBe(false)
  })

  it('are told from those of others', () => {
    const written = new WrittenSlices()
    written.wrote('shop/web', slice('a', '100'))
    expect(written.isForeign('shop/web', slice('a', '100'), 'upsert')).toBe(false)
    expect(written.isForeign('shop/web', slice('a', '101'), 'upsert')).toBe(true)
    expect(written.isForeign('shop/web', slice('a', '101'), 'delete')).toBe(true)
    written.deleted('shop/web', slice('b', '1'))
    expect(written.isForeign('shop/web', slice('b', '1'), 'delete')).toBe(false)
  })
})
