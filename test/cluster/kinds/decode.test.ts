import { describe, expect, test } from 'vitest'
import { builtInKinds, type Kind } from '../../../src/cluster/api-server/kinds/index.ts'
import type { KubeObject } from '../../../src/kube/index.ts'

function kindOf(name: string): Kind {
  const found = builtInKinds.find(({ resource }) => resource.kind === name && resource.group !== 'events.k8s.io')
  if (found === undefined) throw new Error(`no kind ${name}`)
  return found
}

/** What becomes of an object when it is read and gets its defaults, without what is not of the spec. */
function read(kind: string, object: object): { object: Record<string, unknown>; unknown: readonly string[] } {
  const { apiVersion, metadata, ...rest } = {
    apiVersion: 'v1',
    metadata: { name: 'one' },
    ...object,
  } as never as KubeObject
  const whole = { apiVersion, kind, metadata, ...rest } as KubeObject
  const { unknownFields, malformed } = kindOf(kind).decode(whole)
  if (malformed !== undefined) throw new Error(malformed)
  kindOf(kind).applyDefaults(whole)
  return { object: whole as never, unknown: unknownFields }
}

const podOf = (spec: object): object => read('Pod', { spec }).object['spec'] as object
const containerOf = (container: object): object =>
  (podOf({ containers: [{ name: 'app', image: 'a:1', ...container }] }) as { containers: object[] }).containers[0] ?? {}

describe('reading an object as the API server does', () => {
  test('what is empty is kept only where it means something', () => {
    const { object } = read('Deployment', {
      metadata: { name: 'web', labels: {}, annotations: null, generation: 0 },
      spec: {
        replicas: 0,
        paused: false,
        minReadySeconds: 0,
        revisionHistoryLimit: 0,
        selector: { matchLabels: { a: 'b' } },
        template: {
          spec: {
            containers: [{ name: 'app', image: '', args: [], env: [{ name: 'A', value: '' }], volumeMounts: null }],
          },
        },
      },
    })
    expect(object['metadata']).toEqual({ name: 'web' })
    expect(object['spec']).toMatchObject({ replicas: 0, revisionHistoryLimit: 0 })
    expect(Object.keys(object['spec'] as object)).not.toContain('paused')
    expect(Object.keys(object['spec'] as object)).not.toContain('minReadySeconds')
    const { template } = object['spec'] as { template: { metadata: object; spec: { containers: object[] } } }
    expect(template.metadata).toEqual({})
    expect(template.spec.containers[0]).toEqual({
      name: 'app',
      env: [{ name: 'A' }],
      resources: {},
      imagePullPolicy: 'IfNotPresent',
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    })
    expect(object['status']).toEqual({})
  })

  test('unknown fields go, and are named', () => {
    const { unknown, object } = read('Pod', {
      metadata: { name: 'one', lables: {} },
      spec: { containers: [{ name: 'app' }, { name: 'b', imagee: 'x' }], grace: 1 },
      extra: 1,
    })
    expect(unknown).toEqual(['metadata.lables', 'spec.containers[1].imagee', 'spec.grace', 'extra'])
    expect(object).not.toHaveProperty('extra')
  })

  test.each([
    [
      'a word for a number',
      { spec: { replicas: 'three' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a number for a word',
      { spec: { template: { spec: { containers: [{ name: 'a', env: [{ name: 'A', value: 1 }] }] } } } },
      'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    ],
    [
      'a list for an object',
      { spec: [] },
      'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec',
    ],
    [
      'a map for a list',
      { spec: { template: { spec: { containers: {} } } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      'a number for a label',
      { metadata: { name: 'a', labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'no quantity',
      { spec: { template: { spec: { containers: [{ name: 'a', resources: { limits: { cpu: 'much' } } }] } } } },
      'quantities must match the regular expression',
    ],
  ])('%s cannot be read', (_, object, expected) => {
    expect(() => read('Deployment', { apiVersion: 'apps/v1', ...object })).toThrow(
      `Deployment in version "v1" cannot be handled as a Deployment: ${expected}`,
    )
  })

  test.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    [0.1, '100m'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['100M', '100M'],
    ['1e3', '1e3'],
    ['0', '0'],
    ['-1', '-1'],
    ['12345', '12345'],
  ])('the quantity %s is written %s', (given, expected) => {
    expect(containerOf({ resources: { requests: { memory: given } } })).toMatchObject({
      resources: { requests: { memory: expected } },
    })
  })
})

describe('defaults', () => {
  test('of a Deployment', () => {
    const { object } = read('Deployment', {
      apiVersion: 'apps/v1',
      spec: { template: { spec: { containers: [{ name: 'app' }] } } },
    })
    expect(object['spec']).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        spec: {
          dnsPolicy: 'ClusterFirst',
          restartPolicy: 'Always',
          schedulerName: 'default-scheduler',
          securityContext: {},
          terminationGracePeriodSeconds: 30,
        },
      },
    })
    const { template } = object['spec'] as { template: { spec: object } }
    expect(template.spec, 'these are of pods only').not.toHaveProperty('enableServiceLinks')
    const recreate = read('Deployment', { spec: { strategy: { type: 'Recreate' } } }).object['spec']
    expect(recreate).toMatchObject({ strategy: { type: 'Recreate' } })
    expect((recreate as { strategy: object }).strategy).not.toHaveProperty('rollingUpdate')
  })

  test.each([
    ['shop/web', 'Always'],
    ['shop/web:latest', 'Always'],
    ['registry:5000/web', 'Always'],
    ['registry:5000/web:1', 'IfNotPresent'],
    ['web@sha256:0123', 'IfNotPresent'],
  ])('%s is pulled %s', (image, expected) => {
    expect(containerOf({ image })).toMatchObject({ imagePullPolicy: expected })
  })

  test.each([
    [
      'probes',
      { readinessProbe: { httpGet: { port: 80 } } },
      {
        readinessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
      },
    ],
    [
      'hooks',
      { lifecycle: { preStop: { httpGet: { port: 80 } } } },
      { lifecycle: { preStop: { httpGet: { port: 80, path: '/', scheme: 'HTTP' } } } },
    ],
    ['ports', { ports: [{ containerPort: 80 }] }, { ports: [{ containerPort: 80, protocol: 'TCP' }] }],
    [
      'env',
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }] },
      { env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } }] },
    ],
    [
      'requests',
      { resources: { limits: { cpu: 1 } } },
      { resources: { limits: { cpu: '1' }, requests: { cpu: '1' } } },
    ],
  ])('of a container: %s', (_, given, expected) => {
    expect(containerOf(given)).toMatchObject(expected)
  })

  test('of a pod spec: volumes, the host network, the old name of the service account', () => {
    expect(
      podOf({
        hostNetwork: true,
        serviceAccountName: 'shop',
        containers: [{ name: 'app', ports: [{ containerPort: 80 }] }],
        volumes: [{ name: 'a' }, { name: 'b', configMap: { name: 'c' } }, { name: 'd', emptyDir: {} }],
      }),
    ).toMatchObject({
      serviceAccount: 'shop',
      enableServiceLinks: true,
      containers: [{ ports: [{ containerPort: 80, hostPort: 80 }] }],
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'b', configMap: { name: 'c', defaultMode: 420 } },
        { name: 'd', emptyDir: {} },
      ],
    })
  })

  test('of a Service, an EndpointSlice, a Secret and a namespace', () => {
    expect(read('Service', { spec: { ports: [{ port: 80 }] } }).object['spec']).toEqual({
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
    })
    expect(read('EndpointSlice', { addressType: 'IPv4', endpoints: [], ports: [{ port: 80 }] }).object).toMatchObject({
      ports: [{ name: '', protocol: 'TCP', port: 80 }],
    })
    expect(read('Secret', { stringData: { a: 'b' } }).object).toMatchObject({ type: 'Opaque', data: { a: 'Yg==' } })
    expect(read('Namespace', {}).object).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'one' } },
      status: { phase: 'Active' },
    })
  })

  test('every kind can be read when nothing is said, and a second reading changes nothing', () => {
    for (const kind of builtInKinds) {
      const object = { metadata: { name: 'one' } } as KubeObject
      kind.decode(object)
      kind.applyDefaults(object)
      const once = structuredClone(object)
      kind.decode(object)
      kind.applyDefaults(object)
      expect(object, kind.resource.kind).toEqual(once)
    }
  })
})
