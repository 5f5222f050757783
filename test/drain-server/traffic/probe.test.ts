import { describe, expect, test, vi } from 'vitest'
import { probeCheck } from '../../../src/drain-server/traffic/probe.ts'

const from = (agent: string | string[] | undefined) => ({ headers: { 'user-agent': agent } })

describe('a health check is known by its User-Agent', () => {
  const isProbe = probeCheck(undefined)

  test.each([
    'kube-probe/1.36',
    'kube-probe/1.36 grpc-go/1.72.2',
    'kube-lifecycle/1.36',
    'ELB-HealthChecker/2.0',
    'GoogleHC/1.0',
    'Load Balancer Agent',
    'Envoy/HC',
    'Consul Health Check',
    'grpc_health_probe grpc-go/1.72.2',
    'Amazon-Route53-Health-Check-Service (ref 3f4a5f83; report http://amzn.to/1vsZADi)',
    'Prometheus/3.5.0',
    'vm_promscrape',
  ])('%s', (agent) => {
    expect(isProbe(from(agent), true)).toBe(true)
  })

  test.each([
    ['Mozilla/5.0 (X11; Linux x86_64) kube-probe/1.36'],
    ['kube-prober/1.0'],
    ['xGoogleHC/1.0'],
    ['googlehc/1.0'],
    [''],
    [undefined],
    [['kube-probe/1.36']],
  ])('%s is work', (agent) => {
    expect(isProbe(from(agent), true)).toBe(false)
  })
})

test('an application tells its own health checks besides the known ones', () => {
  const own = vi.fn(({ headers }: { headers: NodeJS.Dict<string | string[]> }) => headers['x-check'] === 'yes')
  const isProbe = probeCheck(own)
  expect(isProbe({ headers: { 'x-check': 'yes' } }, false)).toBe(true)
  expect(isProbe({ headers: {} }, true)).toBe(false)
  expect(isProbe(from('kube-probe/1.36'), true)).toBe(true)
  expect(own).toHaveBeenCalledTimes(2)
})

test('known health checkers are not looked for where they cannot be', () => {
  const isProbe = probeCheck(undefined)
  expect(isProbe(from('kube-probe/1.36'), false)).toBe(false)
})
