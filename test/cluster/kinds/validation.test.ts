import { describe, expect, test } from 'vitest'
import { builtInKinds } from '../../../src/cluster/api-server/kinds/index.ts'
import { container, deployment, type Loose, pod } from './objects.ts'

function wrong(kindName: string, object: object, old?: object): string[] {
  const kind = builtInKinds.find(({ resource }) => resource.kind === kindName)
  if (kind === undefined) throw new Error(`no kind ${kindName}`)
  const settled = (given: object): Loose => {
    const metadata = { name: 'one', ...(kind.resource.namespaced ? { namespace: 'shop' } : {}) }
    const whole = {
      ...structuredClone(given),
      metadata: { ...metadata, ...(given as Partial<Loose>).metadata },
    } as Loose
    kind.decode(whole)
    kind.applyDefaults(whole)
    return whole
  }
  const next = settled(object)
  const before = old === undefined ? undefined : settled(old)
  if (before === undefined) kind.prepareForCreate(next)
  else kind.prepareForUpdate(next, before)
  // Of an update, the API server tells the same twice.
  return [...new Set(kind.validate(next, before).map(({ field, message }) => `${field}: ${message}`))]
}

const service = (spec: object = {}): object => ({ spec: { ports: [{ port: 80 }], ...spec } })
const label = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`

describe('what is refused', () => {
  const cases: [string, string, object, string[]][] = [
    ['nothing', 'Deployment', deployment(), []],
    ['nothing', 'Pod', pod(), []],
    ['nothing', 'Service', service(), []],
    [
      'a Deployment without a selector',
      'Deployment',
      { spec: { template: { spec: { containers: [container()] } } } },
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      ],
    ],
    [
      'a selector that does not match',
      'Deployment',
      deployment({ selector: { matchLabels: { app: 'shop' } } }),
      ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
    ],
    [
      'no surge and nothing unavailable',
      'Deployment',
      deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      'more unavailable than there are',
      'Deployment',
      deployment({ strategy: { rollingUpdate: { maxUnavailable: '101%' } } }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      'negative replicas',
      'Deployment',
      deployment({ replicas: -1 }),
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'a deadline that readiness cannot meet',
      'Deployment',
      deployment({ minReadySeconds: 600 }),
      ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
    ],
    [
      'a rolling update of what is recreated',
      'Deployment',
      deployment({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'pods that are not restarted',
      'Deployment',
      deployment({}, { restartPolicy: 'Never' }),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'a deadline of pods that are replaced',
      'Deployment',
      deployment({}, { activeDeadlineSeconds: 5 }),
      ['spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported'],
    ],
    ['no containers', 'Pod', pod({ containers: [] }), ['spec.containers: Required value']],
    [
      'a container without image',
      'Pod',
      pod({ containers: [{ name: 'app' }] }),
      ['spec.containers[0].image: Required value'],
    ],
    [
      'a bad name',
      'Pod',
      pod({ containers: [container({ name: 'App' })] }),
      [`spec.containers[0].name: Invalid value: "App": ${label}`],
    ],
    [
      'the same name twice',
      'Pod',
      pod({ containers: [container(), container()] }),
      ['spec.containers[1].name: Duplicate value: "app"'],
    ],
    [
      'a hook of no kind',
      'Pod',
      pod({ containers: [container({ lifecycle: { preStop: {} } })] }),
      ['spec.containers[0].lifecycle.preStop: Required value: must specify a handler type'],
    ],
    [
      'a hook of two kinds',
      'Pod',
      pod({ containers: [container({ lifecycle: { preStop: { httpGet: { port: 80 }, exec: { command: ['a'] } } } })] }),
      ['spec.containers[0].lifecycle.preStop.httpGet: Forbidden: may not specify more than 1 handler type'],
    ],
    [
      'a sleep beyond the grace',
      'Pod',
      pod({
        terminationGracePeriodSeconds: 5,
        containers: [container({ lifecycle: { preStop: { sleep: { seconds: 6 } } } })],
      }),
      [
        'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 6: must be non-negative and less than terminationGracePeriodSeconds (5)',
      ],
    ],
    [
      'a negative probe',
      'Pod',
      pod({ containers: [container({ readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: -1 } })] }),
      ['spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'a liveness probe that has to succeed twice',
      'Pod',
      pod({ containers: [container({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } })] }),
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      'a grace of a readiness probe',
      'Pod',
      pod({
        containers: [container({ readinessProbe: { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 5 } })],
      }),
      [
        'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes',
      ],
    ],
    [
      'a hook of a container that only starts the pod',
      'Pod',
      pod({ initContainers: [container({ name: 'init', lifecycle: { preStop: { sleep: { seconds: 1 } } } })] }),
      ['spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always'],
    ],
    [
      'a port of 0',
      'Pod',
      pod({ containers: [container({ ports: [{ containerPort: 0 }] })] }),
      ['spec.containers[0].ports[0].containerPort: Required value'],
    ],
    [
      'a port that is too large',
      'Pod',
      pod({ containers: [container({ ports: [{ containerPort: 70_000 }] })] }),
      ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'a port name without a letter',
      'Pod',
      pod({ containers: [container({ ports: [{ containerPort: 80, name: '80' }] })] }),
      ['spec.containers[0].ports[0].name: Invalid value: "80": must contain at least one letter (a-z)'],
    ],
    [
      'a mount of nothing',
      'Pod',
      pod({ containers: [container({ volumeMounts: [{ name: 'a', mountPath: '/a' }] })] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "a"'],
    ],
    [
      'a variable with two sources',
      'Pod',
      pod({
        containers: [
          container({ env: [{ name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }] }),
        ],
      }),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      'requests above the limit',
      'Pod',
      pod({ containers: [container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } })] }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      'a life of 0 s',
      'Pod',
      pod({ activeDeadlineSeconds: 0 }),
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    ['a Service without ports', 'Service', service({ ports: [] }), ['spec.ports: Required value']],
    [
      'ports without names',
      'Service',
      service({ ports: [{ port: 80 }, { port: 81, name: 'b' }] }),
      ['spec.ports[0].name: Required value'],
    ],
    [
      'a type of Service that there is not',
      'Service',
      service({ type: 'Direct' }),
      [
        'spec.type: Unsupported value: "Direct": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'a budget that says two things',
      'PodDisruptionBudget',
      { spec: { minAvailable: 1, maxUnavailable: 1 } },
      [
        'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      'a lease of no time',
      'Lease',
      { spec: { leaseDurationSeconds: 0 } },
      ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ],
    [
      'a key that is no file name',
      'ConfigMap',
      { data: { 'a/b': 'c' } },
      [
        "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [
      'labels',
      'ConfigMap',
      { metadata: { labels: { 'a b': '1' } } },
      [
        "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [
      'a name with a capital',
      'Namespace',
      { metadata: { name: 'Shop' } },
      [`metadata.name: Invalid value: "Shop": ${label}`],
    ],
    [
      'a role without verbs',
      'Role',
      { rules: [{ apiGroups: [''], resources: ['pods'] }] },
      ['rules[0].verbs: Required value: verbs must contain at least one value'],
    ],
    [
      'an endpoint without address',
      'EndpointSlice',
      { addressType: 'IPv4', endpoints: [{ addresses: [] }] },
      ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    ],
  ]
  test.each(cases)('%s (%s)', (_, kind, object, expected) => {
    expect(wrong(kind, object)).toEqual(expected)
  })

  const changes: [string, string, object, object, string[]][] = [
    [
      'a selector',
      'Deployment',
      deployment(),
      deployment({
        selector: { matchLabels: { app: 'web', x: 'y' } },
        template: { metadata: { labels: { app: 'web', x: 'y' } }, spec: { containers: [container()] } },
      }),
      ['spec.selector: Invalid value: {"matchLabels":{"app":"web","x":"y"}}: field is immutable'],
    ],
    ['the image of a pod, which may', 'Pod', pod(), pod({ containers: [container({ image: 'a:2' })] }), []],
    ['a pod gets a deadline, which it may', 'Pod', pod(), pod({ activeDeadlineSeconds: 5 }), []],
    [
      'a deadline to a later one',
      'Pod',
      pod({ activeDeadlineSeconds: 5 }),
      pod({ activeDeadlineSeconds: 6 }),
      ['spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value'],
    ],
    [
      'the number of containers',
      'Pod',
      pod(),
      pod({ containers: [container(), container({ name: 'b' })] }),
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
    [
      'the address of a Service',
      'Service',
      service({ clusterIP: '10.0.0.1' }),
      service({ clusterIP: '10.0.0.2' }),
      ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
    ],
    [
      'the type of addresses',
      'EndpointSlice',
      { addressType: 'IPv4' },
      { addressType: 'IPv6' },
      ['addressType: Invalid value: "IPv6": field is immutable'],
    ],
    [
      'what cannot change any more',
      'ConfigMap',
      { data: { a: '1' }, immutable: true },
      { data: { a: '2' }, immutable: true },
      ['data: Forbidden: field is immutable when `immutable` is set'],
    ],
    [
      'a uid',
      'ConfigMap',
      { metadata: { uid: 'a' } },
      { metadata: { uid: 'b' } },
      ['metadata.uid: Invalid value: "b": field is immutable'],
    ],
    [
      'finalizers of what is being deleted',
      'ConfigMap',
      { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } },
      { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x.io/a'] } },
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/a"}',
      ],
    ],
  ]
  test.each(changes)('a change of %s (%s)', (_, kind, old, next, expected) => {
    expect(wrong(kind, next, old)).toEqual(expected)
  })

  test('anything else of a pod', () => {
    const [problem] = wrong('Pod', pod({ terminationGracePeriodSeconds: 5 }), pod())
    expect(problem).toMatch(
      /^spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,/,
    )
  })
})
