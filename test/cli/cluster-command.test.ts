import { describe, expect, test } from 'vitest'
import { runCluster } from '../../src/cli/cluster.ts'
import { clusterCommand, type ClusterCommandOptions, parseLag } from '../../src/cli/cluster-command.ts'
import type { Lag } from '../../src/cluster/index.ts'

/** What the command line comes to. @throws CommanderError */
function options(...words: string[]): ClusterCommandOptions {
  const command = clusterCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  command.parse(words, { from: 'user' })
  return command.opts()
}

describe('drainctl cluster', () => {
  test.each<[string, Lag]>([
    ['500ms', { kind: 'fixed', ms: 500 }],
    ['0.5s', { kind: 'fixed', ms: 500 }],
    ['50ms-2s', { kind: 'uniform', fromMs: 50, toMs: 2000 }],
  ])('a lag of %s', (text, lag) => {
    expect(parseLag(text)).toEqual(lag)
  })

  test.each(['', '5', 'ms', '-5ms', '2s-1s', '1s-2s-3s', '601s', '1h'])('no lag is %j', (text) => {
    expect(() => parseLag(text)).toThrow('Write')
  })

  test('says a lag for all nodes and for one, and images with their commands', () => {
    const said = options('--lag', '100ms', '--lag', 'node-2=2s', '--image', 'web:1=node  server.js', '--no-lab')
    expect(said).toMatchObject({
      nodes: 2,
      port: 0,
      lab: false,
      lag: { '': { kind: 'fixed', ms: 100 }, 'node-2': { kind: 'fixed', ms: 2000 } },
      image: { 'web:1': { command: ['node', 'server.js'] } },
    })
  })

  test.each([
    [['--nodes', '0'], 'Write a whole number from 1 to 50.'],
    [['--port', '70000'], 'Write a whole number from 0 to 65535.'],
    [['--image', 'web'], 'Write NAME=COMMAND.'],
    [['--lag', 'node-1='], 'Write a time'],
    [['more'], 'too many arguments'],
  ])('%j is refused', (words, message) => {
    expect(() => options(...words)).toThrow(message)
  })

  test('a lag of a node that will not be there is refused before anything starts', async () => {
    const lines: string[] = []
    const surroundings = { write: (line: string) => lines.push(line), signal: new AbortController().signal }
    const run = runCluster(options('--no-lab', '--lag', 'node-3=1s'), surroundings)
    await expect(run).rejects.toThrow('--lag names the node "node-3": there are node-1 to node-2')
    expect(lines).toEqual([])
  })

  test('runs until it is interrupted', async () => {
    const lines: string[] = []
    const ending = new AbortController()
    const write = (line: string): void => {
      lines.push(line)
      if (line.startsWith('export KUBECONFIG=')) ending.abort()
    }
    expect(await runCluster(options('--no-lab', '--image', 'a=b'), { write, signal: ending.signal })).toBe(130)
    expect(lines[0]).toMatch(/^The API server is at http:\/\/127\.0\.0\.1:\d+; the nodes are node-1 and node-2\.$/)
    expect(lines[1]).toBe('Images: a')
  })
})
