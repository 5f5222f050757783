import { describe, expect, test } from 'vitest'
import { presets } from '../../src/signals/prometheus/presets.ts'
import { compile, QueryError } from '../../src/signals/prometheus/query-template.ts'

const subject = { namespace: 'shop', service: 'cart', workload: 'cart.v2' }
const rendered = (template: string): string => compile(template)(subject, 90)

describe('query templates', () => {
  test.each([
    ['sum(x{a="$service"})', 'sum(x{a="cart"})'],
    [`x{a='$namespace', b != "$workload"}`, `x{a='shop', b != "cart.v2"}`],
    ['x{a=~"$workload-.+",b!~"^$service$"}', String.raw`x{a=~"cart\\.v2-.+",b!~"^cart$"}`],
    ['x{a=~"$namespace_$service_[0-9]+"}', 'x{a=~"shop_cart_[0-9]+"}'],
    ['x{code=~"5..$"}', 'x{code=~"5..$"}'],
    ['increase(x[$range])', 'increase(x[90s])'],
    ['rate(x[ $range ])', 'rate(x[ 90s ])'],
    ['max_over_time(x[$range:5s])', 'max_over_time(x[90s:5s])'],
    ['x - x offset $range', 'x - x offset 90s'],
    [String.raw`x{a="\"",b="$service"}`, String.raw`x{a="\"",b="cart"}`],
    [String.raw`x{a="\\$service"}`, String.raw`x{a="\\cart"}`],
  ])('%s', (template, query) => expect(rendered(template)).toBe(query))

  test.each([
    ['$service', '$service may stand only within the quoted value of a label, as in {label="$service"}'],
    ['x{$service="a"}', '$service may stand only within the quoted value of a label, as in {label="$service"}'],
    [
      'label_replace(x,"a","$service","b","c")',
      '$service may stand only within the quoted value of a label, as in {label="$service"}',
    ],
    ['x == "$service"', '$service may stand only within the quoted value of a label, as in {label="$service"}'],
    ['x{a="b"} + {"$service"}', '$service may stand only within the quoted value of a label, as in {label="$service"}'],
    [
      'x{a="$services"}',
      'there is no variable $services: the variables are $namespace, $service, $workload and $range',
    ],
    [
      'x{a="${service}"}',
      'there is no variable ${: the variables are $namespace, $service, $workload and $range, without braces',
    ],
    ['$cluster', 'there is no variable $cluster: the variables are $namespace, $service, $workload and $range'],
    ['x{a="$range"}', '$range may not stand within quotes'],
    ['x{a=$range}', '$range may stand only in brackets, as in [$range], or after offset'],
    ['x[5m$range]', '$range may stand only in brackets, as in [$range], or after offset'],
    ['x[$range5]', '$range may stand only in brackets, as in [$range], or after offset'],
    ['x myoffset $range', '$range may stand only in brackets, as in [$range], or after offset'],
    ['x{a=`$service`}', 'a query may not contain backticks: use double quotes'],
    ['x # "', 'a query may not contain comments'],
    ['x{a="$service}', 'a quoted text is not closed'],
    ['x $ y', 'a dollar sign may stand only within quotes'],
    [String.raw`x{a="\$service"}`, '$service may not follow a backslash'],
    ['x'.repeat(4097), 'a query has at most 4096 characters'],
  ])('refuses %s', (template, message) => {
    expect(() => rendered(template)).toThrow(new QueryError(message))
  })

  test.each([
    ['namespace', 'a"} or vector(9) or x{a="'],
    ['namespace', 'a.b'],
    ['namespace', ''],
    ['service', 'Cart'],
    ['service', 'cart\n'],
    ['service', 'c'.repeat(64)],
    ['workload', 'cart..v2'],
    ['workload', '.*'],
    ['workload', 'w'.repeat(254)],
  ])('refuses the %s %j', (name, value) => {
    const template = compile('x{a="$namespace$service$workload"}')
    expect(() => template({ ...subject, [name]: value }, 1)).toThrow(`$${name} is not a name of Kubernetes`)
  })

  test.each([0, -1, 1.5, Number.NaN, Infinity])('refuses a range of %s s', (range) => {
    expect(() => compile('x[$range]')(subject, range)).toThrow('a range is whole seconds, at least 1')
  })

  test('the shape of a query is the same for every name', () => {
    const shape = (query: string): string => query.replace(/"(?:[^"\\]|\\.)*"/g, '""')
    for (const { requests, errors } of Object.values(presets)) {
      for (const template of [requests, errors]) {
        const other = { namespace: 'a', service: 'b-c', workload: '0.1.2' }
        expect(shape(compile(template)(subject, 90))).toBe(shape(compile(template)(other, 90)))
      }
    }
  })
})

describe('presets', () => {
  test.each(Object.entries(presets))('%s asks for its own namespace or workload only', (_, { requests, errors }) => {
    expect(requests).toContain('$namespace')
    expect(errors).toContain('$namespace')
    expect(errors).toMatch(/ or vector\(0\)$/)
    expect(requests).not.toContain('vector')
    expect(rendered(requests)).not.toMatch(/\$(?!")/)
  })

  test('one of them, whole', () => {
    expect(rendered(presets.traefik.errors)).toBe(
      'sum(increase(traefik_service_requests_total{service=~"shop-cart-[0-9a-zA-Z]+@kubernetes[a-z]*",code=~"5.."}[90s])) or vector(0)',
    )
  })
})
