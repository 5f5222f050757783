import { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import { rehearseCommand, type RehearseOptions } from '../../src/cli/rehearse-command.ts'

/** What the command line means, or why it means nothing. */
function parse(...args: string[]): RehearseOptions | string {
  let said = ''
  const command = rehearseCommand()
    .exitOverride()
    .configureOutput({ writeErr: (text) => (said += text) })
  try {
    return command.parse(args, { from: 'user' }).opts<RehearseOptions>()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return said.trim()
  }
}

describe('the command line', () => {
  test('says by default: the embedded cluster, the default scenarios, nothing lost, a report', () => {
    expect(parse()).toEqual({
      embedded: false,
      nodes: 2,
      scenario: [],
      list: false,
      maxLost: 0,
      json: false,
      out: 'artifacts/rehearsal',
      report: true,
      image: {},
    })
  })

  test('collects scenarios and images', () => {
    expect(
      parse(
        '--scenario',
        'http',
        '--scenario',
        'x.yaml',
        '--image',
        'agent=r/a:1',
        '--image',
        'operator=r/o@sha256:1=2',
      ),
    ).toMatchObject({ scenario: ['http', 'x.yaml'], image: { agent: 'r/a:1', operator: 'r/o@sha256:1=2' } })
  })

  test.each([
    ['--rate', '20', { rate: 20 }],
    ['--replicas', '100', { replicas: 100 }],
    ['--disruptions', '1', { disruptions: 1 }],
    ['--max-lost', '0', { maxLost: 0 }],
    ['--nodes', '8', { nodes: 8 }],
    ['--out', 'there', { out: 'there' }],
    ['--kubeconfig', 'k', { kubeconfig: 'k' }],
  ])('%s %s', (name, value, expected) => {
    expect(parse(name, value)).toMatchObject(expected)
  })

  test('--no-report, --json, --list', () => {
    expect(parse('--no-report', '--json', '--list')).toMatchObject({ report: false, json: true, list: true })
  })

  test.each([
    [['--rate', '0'], 'Write a whole number from 1 to 2000.'],
    [['--rate', '1.5'], 'Write a whole number from 1 to 2000.'],
    [['--rate', ' '], 'Write a whole number from 1 to 2000.'],
    [['--replicas', '101'], 'Write a whole number from 1 to 100.'],
    [['--max-lost', '-1'], 'Write a whole number from 0 to 1000000.'],
    [['--nodes', 'two'], 'Write a whole number from 1 to 8.'],
    [['--image', 'agent'], 'Write PROGRAM=REFERENCE, with a program of operator, agent, workload.'],
    [['--image', 'nginx=r/n'], 'Write PROGRAM=REFERENCE, with a program of operator, agent, workload.'],
    [['--image', 'agent='], 'Write PROGRAM=REFERENCE, with a program of operator, agent, workload.'],
    [['--embedded', '--kubeconfig', 'k'], "option '--embedded' cannot be used with option '--kubeconfig <file>'"],
    [['more'], 'too many arguments'],
    [['--nope'], "unknown option '--nope'"],
  ])('%j is refused', (args, message) => {
    expect(parse(...args)).toContain(message)
  })

  test('the help names every option, the exit codes and examples', () => {
    let help = ''
    rehearseCommand()
      .configureOutput({ writeOut: (text) => (help += text) })
      .outputHelp()
    for (const { long } of rehearseCommand().options) expect(help).toContain(long)
    expect(help).toContain('130 it was interrupted')
    expect(help).toContain('$ drainctl rehearse --scenario')
  })
})
