import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseEndpoints } from '../../src/operator/pace/endpoints-file.ts'

const file = new URL('../../config/endpoints.yaml', import.meta.url)
const { data } = parse(readFileSync(file, 'utf8')) as { data: { 'endpoints.yaml': string } }
const text = data['endpoints.yaml']

test('as it is published, no Prometheus is named', () => {
  expect(parseEndpoints(text, 'endpoints.yaml')).toEqual({})
})

test('what stands there as an example can be used in the place of {}', () => {
  const commented = text.split('\n').filter((line) => line.startsWith('# ') && !line.startsWith('# None'))
  const example = commented.map((line) => line.slice(2)).join('\n')
  const { main } = parseEndpoints(`${example}-----END CERTIFICATE-----\n`, 'endpoints.yaml')
  expect(main).toMatchObject({
    url: 'http://prometheus.monitoring.svc:9090',
    timeoutSeconds: 5,
    ownQueries: false,
    addresses: { loopback: false, ranges: ['10.96.0.0/12'] },
  })
  expect(main?.ca).toContain('BEGIN CERTIFICATE')
})

test('the operator reads the file where the ConfigMap is mounted', () => {
  const operator = parse(readFileSync(new URL('../../config/operator.yaml', import.meta.url), 'utf8')) as Operator
  const [container] = operator.spec.template.spec.containers
  const mount = container.volumeMounts[0]
  expect(container.env.find(({ name }) => name === 'ENDPOINTS_FILE')?.value).toBe(`${mount.mountPath}/endpoints.yaml`)
  expect(operator.spec.template.spec.volumes).toEqual([
    { name: mount.name, configMap: { name: 'drainkeeper-endpoints', optional: true } },
  ])
})

interface Operator {
  spec: {
    template: {
      spec: {
        containers: [{ env: { name: string; value?: string }[]; volumeMounts: [{ name: string; mountPath: string }] }]
        volumes: unknown[]
      }
    }
  }
}
