import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { budgetDefaults, computeBudget } from '../../../src/budget/index.ts'
import { readFormula } from '../../../src/lab/report/formula.ts'
import { renderHtml, renderMarkdown } from '../../../src/lab/report/index.ts'
import { lossGroup } from '../../../src/lab/report/loss-kinds.ts'
import { decades, logScale, ticks } from '../../../src/lab/report/scale.ts'
import { estimate, estimateDefaults } from '../../../src/propagation/index.ts'
import type { Rehearsal } from '../../../src/lab/result.ts'
import { because, rehearsalFixture } from './fixture.ts'

const hostile = `</script><script>alert(1)</script>" onload='x' & | [a](b) @everyone`

/** Every text that comes from outside is hostile. */
function hostileRehearsal(): Rehearsal {
  const spoil = (value: unknown, key?: string): unknown => {
    if (typeof value === 'string')
      return ['schema', 'startedAt', 'server', 'kind', 'expect'].includes(key ?? '') ? value : hostile
    if (Array.isArray(value)) return value.map((each) => spoil(each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name === 'machine' ? hostile : name, spoil(each, name)]),
    )
  }
  return spoil(rehearsalFixture()) as Rehearsal
}

describe('the page', () => {
  const page = renderHtml(rehearsalFixture())

  test('says the verdict before anything else', () => {
    const main = page.slice(page.indexOf('<main'))
    expect(main).toMatch(/^<main id="main">\s*<section class="verdict passed"/)
    expect(main.indexOf('lost 0 of 3,600')).toBeLessThan(main.indexOf('<h2'))
    expect(renderHtml(rehearsalFixture(1, { passed: false }))).toContain('Objective missed')
  })

  test('does not call the lag that was set what the proxy did: a busy machine adds to it', () => {
    expect(page).toContain('when the proxy itself let go')
    expect(page).not.toMatch(/lag (that was )?set/)
  })

  test('loads nothing from anywhere', () => {
    expect(page).not.toMatch(/(src|href)="(?!#)/)
    expect(page).not.toMatch(/url\(|@import|https?:/)
  })

  test('allows its own style and script only, by their hashes', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll('&#39;', "'") ?? ''
    const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ''
    const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? ''
    expect(policy).toContain(`default-src 'none'`)
    expect(policy).toContain(`style-src ${hashOf(style)}`)
    expect(policy).toContain(`script-src ${hashOf(script)}`)
    expect(page).not.toMatch(/ (style|on[a-z]+)="/)
  })

  test('lets no text from outside become markup', () => {
    const spoilt = renderHtml(hostileRehearsal())
    expect(spoilt).not.toContain('<script>alert')
    expect(spoilt.replace(/"[^"]*"/g, '')).not.toMatch(/<[^>]* onload=/)
    expect(spoilt.match(/<script/g)).toHaveLength(2)
  })

  test('shows each lost request, and tells each pod in words', () => {
    const rehearsal = rehearsalFixture()
    const naive = rehearsal.scenarios[0]?.variants[0]
    const pod = naive?.pods.find(({ deletedMs }) => deletedMs !== null)
    const crosses = [...page.matchAll(/<path class="loss loss-reset" d="([^"]*)"/g)].map(
      ([, d = '']) => d.split('M').length - 1,
    )
    expect(crosses).toContain(naive?.total.lostByKind['ECONNRESET'])
    expect(page).toContain(`aria-label="${pod?.name} on ${pod?.node}: deleted at`)
  })

  test('says how many had to go elsewhere', () => {
    expect(page).toContain('<td class="n">12</td>')
    expect(page.match(/>moved<\/th>/g)).toHaveLength(1)
  })

  test('holds its figures as data', () => {
    const data = /<script type="application\/json" id="rehearsal">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? ''
    const read = JSON.parse(data) as Rehearsal
    expect(read.scenarios[0]?.variants[0]?.total).toEqual(rehearsalFixture().scenarios[0]?.variants[0]?.total)
  })

  test('stays small and folded with many scenarios', () => {
    const [one] = rehearsalFixture().scenarios
    const many = renderHtml(
      rehearsalFixture(1, { scenarios: Array.from({ length: 13 }, () => one as NonNullable<typeof one>) }),
    )
    expect(Buffer.byteLength(many)).toBeLessThan(3 * 1024 * 1024)
    expect(many).not.toContain('<details open')
    expect(page).toContain('<details open')
  })

  test('draws nothing that is not a number', () => {
    expect(/.{20}(NaN|Infinity|undefined)/.exec(page)).toBeNull()
    const empty = rehearsalFixture()
    const stripped = JSON.parse(JSON.stringify(empty), (key, value: unknown) =>
      Array.isArray(value) && !['scenarios', 'variants', 'nodes', 'checks'].includes(key)
        ? []
        : key === 'latency' || key === 'contract'
          ? null
          : value,
    ) as Rehearsal
    expect(/.{20}(NaN|Infinity|undefined)/.exec(renderHtml(stripped))).toBeNull()
  })
})

describe('the summary for a pull request', () => {
  test('says the verdict, then who lost what', () => {
    const lines = renderMarkdown(rehearsalFixture()).split('\n')
    expect(lines[0]).toContain('✅ Objective met')
    expect(lines).toContain('| drainkeeper | 3,600 | **0** | 9.4 ms |')
  })

  test('lets no text from outside become markup, a cell or a mention', () => {
    const text = renderMarkdown(hostileRehearsal())
    expect(text).not.toMatch(/(?<!\\)<script|(?<!\\)\[a|@everyone/)
    const rows = text.split('\n').filter((line) => line.startsWith('| '))
    expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length))).toEqual(new Set([6, 7]))
  })
})

describe('a variant that was not run', () => {
  const fixture = rehearsalFixture()
  const [scenario] = fixture.scenarios
  const run = (...names: string[]): Rehearsal => {
    const variants = scenario?.variants.filter(({ variant }) => names.includes(variant.name)) ?? []
    const cut = scenario === undefined ? [] : [{ ...scenario, variants }]
    return { ...fixture, scenarios: [...cut, ...fixture.scenarios] }
  }
  /** The first row: who lost what before, and with drainkeeper. */
  const cells = (rehearsal: Rehearsal): string[][] => {
    const row = renderMarkdown(rehearsal)
      .split('\n')
      .find((line) => line.startsWith(`| ${scenario?.scenario.title}`))
    const [, ...figures] = /<td class="n[^>]*>([^<]*)<\/td><td class="n[^>]*>([^<]*)</.exec(renderHtml(rehearsal)) ?? []
    return [
      row
        ?.split(' | ')
        .slice(1, 3)
        .map((text) => text.replaceAll('*', '')) ?? [],
      figures,
    ]
  }

  test.each([
    [
      ['naive', 'folklore'],
      [/of/, /^–$/],
    ],
    [['drainkeeper'], [/^–$/, /of/]],
    [['folklore'], [/^–$/, /^–$/]],
  ])('%j: no other one stands for it', (names, expected) => {
    for (const found of cells(run(...names))) {
      expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)))
    }
  })
})

describe('kinds of losses', () => {
  test.each([
    ['503', 'status'],
    ['ECONNRESET', 'reset'],
    ['EOF', 'reset'],
    ['ECONNREFUSED', 'refused'],
    ['TIMEOUT', 'timeout'],
    ['UNAVAILABLE', 'rpc'],
    ['CANCELLED', 'rpc'],
    ['UNRECORDED', 'other'],
    ['429', 'status'],
    ['WS_1006', 'reset'],
    ['WS_1011', 'other'],
    ['H2_INTERNAL_ERROR', 'reset'],
    ['ABORTED', 'rpc'],
    ['STOPPED', 'other'],
  ])('%s is of the group %s', (kind, group) => expect(lossGroup(kind)).toBe(group))
})

describe('the formula', () => {
  test('is read from the sentence of a status, as the operator writes it', () => {
    const budget = computeBudget({
      estimate: estimate([{ ms: 480, beyond: false }], { ...estimateDefaults, initialMs: 3000 }),
      requestTime: { seconds: 2, because: 'longest request 1.3 s' },
      safetyMarginSeconds: 5,
      bounds: budgetDefaults.bounds,
    })
    expect(readFormula(because)).toEqual({
      propagation: 0.52,
      drainDelay: 1,
      requestTime: 1,
      safetyMargin: 5,
      grace: 30,
    })
    expect(readFormula(budget.because)).toEqual({
      propagation: budget.propagationSeconds,
      drainDelay: budget.drainDelaySeconds,
      requestTime: 2,
      safetyMargin: 5,
      grace: budget.gracePeriodSeconds,
    })
  })

  test('is not guessed from another sentence', () => expect(readFormula('no contract')).toBeNull())
})

describe('scales', () => {
  test('ticks are round, from nothing to the most', () => {
    expect(ticks(17, 8)).toEqual([0, 5, 10, 15])
    expect(ticks(0.42, 6)).toEqual([0, 0.1, 0.2, 0.3, 0.4])
    expect(ticks(0, 6)).toEqual([0])
  })

  test('a logarithmic scale holds what is below and above', () => {
    const y = logScale(1, 100, 200, 0)
    expect([y(0), y(1), y(10), y(100), y(1e6)]).toEqual([200, 200, 100, 0, 0])
    expect(decades(1, 1000)).toEqual([1, 10, 100, 1000])
  })
})
