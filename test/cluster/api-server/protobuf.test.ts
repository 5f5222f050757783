import { describe, expect, test } from 'vitest'
import { decodeProtobuf } from '../../../src/cluster/api-server/protobuf/decode.ts'
import { protobuf } from '../../../src/cluster/api-server/request/api-request.ts'
import { pods, Rig } from './rig.ts'

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes)
}

/** A message: numbers of fields to a number, a text, or another message. A list is a field that comes again. */
type Parts = readonly (readonly [number: number, value: number | string | Buffer])[]

function message(parts: Parts): Buffer {
  return Buffer.concat(
    parts.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(BigInt(number << 3)), varint(BigInt(value))]
      const content = Buffer.from(value)
      return [varint(BigInt((number << 3) | 2)), varint(BigInt(content.length)), content]
    }),
  )
}

function body(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const unknown = message([
    [
      1,
      message([
        [1, apiVersion],
        [2, kind],
      ]),
    ],
    [2, raw],
  ])
  return Buffer.concat([Buffer.from('k8s\0'), unknown])
}

const metadata = (name: string): Buffer =>
  message([
    [1, name],
    [3, ''],
    // A creation time that nobody has set is still there, and empty.
    [8, message([])],
    [
      11,
      message([
        [1, 'app'],
        [2, 'web'],
      ]),
    ],
    [
      11,
      message([
        [1, 'tier'],
        [2, 'front'],
      ]),
    ],
  ])

const container = message([
  [1, 'app'],
  [2, 'app:1'],
  [
    6,
    message([
      [1, 'http'],
      [3, 8080],
    ]),
  ],
  [
    7,
    message([
      [1, 'A'],
      [2, 'b'],
    ]),
  ],
  // limits: a map of quantities
  [
    8,
    message([
      [
        1,
        message([
          [1, 'memory'],
          [2, message([[1, '64Mi']])],
        ]),
      ],
    ]),
  ],
  // A readiness probe: its handler stands in the probe itself, its port is a number or a text.
  [
    11,
    message([
      [
        1,
        message([
          [
            2,
            message([
              [1, '/ready'],
              [
                2,
                message([
                  [1, 1],
                  [2, 0],
                  [3, 'http'],
                ]),
              ],
            ]),
          ],
        ]),
      ],
      [2, 5],
    ]),
  ],
])

const pod = body(
  'v1',
  'Pod',
  message([
    [1, metadata('p')],
    [
      2,
      message([
        [2, container],
        [3, 'Never'],
        [4, 40],
        [11, 1],
      ]),
    ],
  ]),
)

describe('protobuf', () => {
  test('a pod, with everything that looks different in JSON', () => {
    expect(decodeProtobuf(pod)).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'p', namespace: '', labels: { app: 'web', tier: 'front' } },
      spec: {
        containers: [
          {
            name: 'app',
            image: 'app:1',
            ports: [{ name: 'http', containerPort: 8080 }],
            env: [{ name: 'A', value: 'b' }],
            resources: { limits: { memory: '64Mi' } },
            readinessProbe: { httpGet: { path: '/ready', port: 'http' }, initialDelaySeconds: 5 },
          },
        ],
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 40,
        hostNetwork: true,
      },
    })
  })

  test('times, bytes and numbers that are ports', () => {
    const lease = message([
      [1, metadata('l')],
      [
        2,
        message([
          [1, 'me'],
          [2, 15],
          [
            4,
            message([
              [1, 1_767_225_600],
              [2, 123_456_000],
            ]),
          ],
        ]),
      ],
    ])
    expect(decodeProtobuf(body('coordination.k8s.io/v1', 'Lease', lease))).toMatchObject({
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.123456Z' },
    })
    const secret = message([
      [1, metadata('s')],
      [
        2,
        message([
          [1, 'p'],
          [2, 'q'],
        ]),
      ],
    ])
    expect(decodeProtobuf(body('v1', 'Secret', secret))).toMatchObject({ data: { p: 'cQ==' } })
    const service = message([
      [
        2,
        message([
          [
            1,
            message([
              [3, 80],
              [
                4,
                message([
                  [1, 0],
                  [2, 8080],
                  [3, ''],
                ]),
              ],
            ]),
          ],
        ]),
      ],
    ])
    expect(decodeProtobuf(body('v1', 'Service', service))).toMatchObject({
      spec: { ports: [{ port: 80, targetPort: 8080 }] },
    })
  })

  test.each([
    ['no protobuf', Buffer.from('{}'), 'provided data does not appear to be a protobuf message'],
    ['a kind that nobody knows', body('v1', 'Cow', message([])), 'no protobuf of kind "Cow" in version "v1" is known'],
    ['a message that breaks off', pod.subarray(0, -3), 'unexpected EOF'],
    ['a number without end', Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(12, 0xff)]), 'proto: integer overflow'],
  ])('%s is refused', (_what, sent, why) => {
    expect(() => decodeProtobuf(sent)).toThrow(why)
  })

  test('is taken like JSON, and answered in JSON', async () => {
    const rig = new Rig()
    const headers = { 'content-type': protobuf, accept: `${protobuf},application/json` }
    const answer = await rig.ask('POST', pods, pod.toString('latin1'), { headers })
    expect([answer.status, answer.headers['content-type']]).toEqual([201, 'application/json'])
    expect(answer.body.spec.containers[0].readinessProbe.httpGet.port).toBe('http')
    const evicted = body('policy/v1', 'Eviction', message([[1, metadata('missing')]]))
    expect((await rig.ask('POST', `${pods}/missing/eviction`, evicted.toString('latin1'), { headers })).status).toBe(
      404,
    )
  })
})
