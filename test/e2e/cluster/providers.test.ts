import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClusterError } from '../../../e2e/cluster/cluster-error.ts'
import type { CommandRunner } from '../../../e2e/cluster/command.ts'
import { type Image, buildImage } from '../../../e2e/cluster/image.ts'
import { KindProvider } from '../../../e2e/cluster/kind/index.ts'
import { KubeconfigProvider } from '../../../e2e/cluster/kubeconfig/index.ts'
import { type ProviderChoice, type Surroundings, addImage, chooseProvider } from '../../../e2e/cluster/select.ts'

const signal = new AbortController().signal
const NODES = {
  items: ['drainkeeper-control-plane', 'drainkeeper-worker', 'drainkeeper-worker2'].map((name) => ({
    metadata: { name },
  })),
}
const POD = {
  spec: { nodeName: 'drainkeeper-worker' },
  status: {
    containerStatuses: [
      { name: 'app', containerID: 'containerd://abc' },
      { name: 'proxy', containerID: 'containerd://def' },
    ],
  },
}

let folder: string
let kubeconfigPath: string
let image: Image

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drainkeeper-providers-'))
  kubeconfigPath = join(folder, 'kubeconfig')
  writeFileSync(kubeconfigPath, '{}')
  image = await buildImage({
    name: 'drainkeeper.local/shop:1',
    layers: [[{ path: '/x', content: 'x' }]],
    entrypoint: ['/x'],
  })
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Answers like kind and kubectl would, and notes what was asked; a command that starts like `failing` fails. */
function recorder({ failing = 'nothing', clusters = '' } = {}) {
  const commands: string[] = []
  const run: CommandRunner = async (command) => {
    const line = command.join(' ')
    commands.push(line)
    if (line.startsWith(failing)) throw new ClusterError('CommandFailed', `${line} failed`)
    if (line === 'kind get clusters') return clusters
    if (line.includes('get nodes')) return JSON.stringify(NODES)
    if (line.includes('get --raw /version')) return '{"gitVersion": "v1.36.3"}'
    if (line.includes('get pod')) return JSON.stringify(POD)
    return ''
  }
  return { commands, run }
}

describe('the kind provider', () => {
  const up = { signal, progress: () => {} }

  test('creates a cluster, loads an archive into it, and deletes it', async () => {
    const { commands, run } = recorder({ clusters: 'other\n' })
    const cluster = await new KindProvider({ run, nodeImage: 'kindest/node:v1.36.3' }).up(up)
    const home = dirname(cluster.kubeconfigPath)
    expect(cluster.nodes).toEqual(['drainkeeper-worker', 'drainkeeper-worker2'])
    expect(cluster.kubernetesVersion).toBe('1.36.3')
    expect(await cluster.loadImage(image)).toBe('drainkeeper.local/shop:1')
    await cluster.down()
    expect(
      commands.slice(3).map((line) => line.replaceAll(home, 'HOME').replace(image.id.replace(':', '-'), 'ID')),
    ).toEqual([
      'kind get clusters',
      'kind create cluster --name drainkeeper --config HOME/kind.json --image kindest/node:v1.36.3 --kubeconfig HOME/kubeconfig --wait 180s',
      'kubectl --kubeconfig HOME/kubeconfig wait --for=condition=Ready node --all --timeout=180s',
      'kubectl --kubeconfig HOME/kubeconfig get nodes --output json',
      'kubectl --kubeconfig HOME/kubeconfig get --raw /version',
      'kind load image-archive HOME/ID.tar --name drainkeeper',
      'kind delete cluster --name drainkeeper',
    ])
    expect(existsSync(home)).toBe(false)
  })

  test('adopts a cluster of its name, and leaves it running', async () => {
    const { commands, run } = recorder({ clusters: 'drainkeeper\n' })
    const cluster = await new KindProvider({ run }).up(up)
    await cluster.down()
    expect(commands).toContainEqual(`kind export kubeconfig --name drainkeeper --kubeconfig ${cluster.kubeconfigPath}`)
    expect(commands.filter((line) => /kind (create|delete)/.test(line))).toEqual([])
  })

  test('deletes what it began when it does not come up', async () => {
    const { commands, run } = recorder({ failing: 'kind create' })
    await expect(new KindProvider({ run }).up(up)).rejects.toMatchObject({ code: 'CommandFailed' })
    expect(commands.at(-1)).toBe('kind delete cluster --name drainkeeper')
  })

  test('signals a container through the containerd of its node', async () => {
    const { commands, run } = recorder()
    const cluster = await new KindProvider({ run }).up(up)
    await cluster.killContainer?.({ namespace: 'shop', pod: 'checkout-0', container: 'app' }, 'SIGKILL')
    expect(commands.at(-1)).toBe(
      'docker exec drainkeeper-worker ctr --namespace k8s.io tasks kill --signal SIGKILL abc',
    )
    const ambiguous = cluster.killContainer?.({ namespace: 'shop', pod: 'checkout-0' }, 'SIGKILL')
    await expect(ambiguous).rejects.toThrow('shop/checkout-0 has 2 containers: name one')
    const unknown = cluster.killContainer?.({ namespace: 'shop', pod: 'checkout-0', container: 'sql' }, 'SIGKILL')
    await expect(unknown).rejects.toThrow('shop/checkout-0/sql has no such container')
    await cluster.down()
  })

  test('says what is missing, and how to get it', async () => {
    const { run } = recorder({ failing: 'docker' })
    const provider = new KindProvider({ run })
    expect((await provider.check()).map(({ what }) => what)).toEqual(['a Docker daemon'])
    await expect(provider.up(up)).rejects.toMatchObject({
      code: 'MissingPieces',
      message: expect.stringContaining('docker info'),
    })
  })
})

describe('the kubeconfig provider', () => {
  const up = { signal, progress: () => {} }

  test('changes nothing: it asks for nodes and version, and its down does nothing', async () => {
    const { commands, run } = recorder()
    const cluster = await new KubeconfigProvider({ kubeconfigPath, run }).up(up)
    await cluster.down()
    expect(commands.map((line) => line.replace(kubeconfigPath, 'PATH'))).toEqual([
      'kubectl version --client',
      'kubectl --kubeconfig PATH wait --for=condition=Ready node --all --timeout=180s',
      'kubectl --kubeconfig PATH get nodes --output json',
      'kubectl --kubeconfig PATH get --raw /version',
    ])
  })

  test('gives the reference that the user mapped an image to', async () => {
    const images = { 'drainkeeper.local/shop:1': 'example.org/shop@sha256:0' }
    const cluster = await new KubeconfigProvider({ kubeconfigPath, images, run: recorder().run }).up(up)
    expect(await cluster.loadImage(image)).toBe('example.org/shop@sha256:0')
  })

  test('takes mappings as the user writes them', () => {
    expect(addImage('b:2=x/b:2', addImage('a:1=x/a:1'))).toEqual({ 'a:1': 'x/a:1', 'b:2': 'x/b:2' })
    for (const text of ['a:1', 'a:1=', '=x'])
      expect(() => addImage(text)).toThrow(expect.objectContaining({ code: 'ImageNotMapped' }))
  })

  test('refuses an image that the user did not map, and says what to type', async () => {
    const cluster = await new KubeconfigProvider({ kubeconfigPath, run: recorder().run }).up(up)
    await expect(cluster.loadImage(image)).rejects.toMatchObject({
      code: 'ImageNotMapped',
      message: expect.stringContaining('--image drainkeeper.local/shop:1=REFERENCE'),
    })
  })

  test('says that the kubeconfig is not there', async () => {
    const provider = new KubeconfigProvider({ kubeconfigPath: '/no/such', run: recorder().run })
    expect((await provider.check()).map(({ what }) => what)).toEqual(['the kubeconfig /no/such'])
  })
})

describe('the provider that is chosen', () => {
  const docker = async () => []
  const noDocker = async () => [{ what: 'a Docker daemon', cure: 'start it' }]
  const cases: Record<string, { choice: ProviderChoice; surroundings: Surroundings; name: string }> = {
    'is that of an explicit kubeconfig, also for root': {
      choice: { kubeconfigPath: '/k' },
      surroundings: { platform: 'linux', isRoot: true, missingForKind: docker },
      name: 'kubeconfig',
    },
    'is local for root on Linux, also with Docker': {
      choice: { provider: 'auto' },
      surroundings: { platform: 'linux', isRoot: true, missingForKind: docker },
      name: 'local',
    },
    'is kind for a user on Linux with Docker': {
      choice: {},
      surroundings: { platform: 'linux', isRoot: false, missingForKind: docker },
      name: 'kind',
    },
    'is kind on a Mac with Docker, also for root': {
      choice: {},
      surroundings: { platform: 'darwin', isRoot: true, missingForKind: docker },
      name: 'kind',
    },
    'is the one that is named, whatever there is': {
      choice: { provider: 'kind', kubeconfigPath: '/k' },
      surroundings: { platform: 'linux', isRoot: true, missingForKind: noDocker },
      name: 'kind',
    },
  }
  test.each(Object.entries(cases))('%s', async (_name, { choice, surroundings, name }) => {
    expect(await chooseProvider(choice, surroundings)).toBe(name)
  })

  test('is none where nothing is to be had: then each says what it lacks', async () => {
    const choosing = chooseProvider({}, { platform: 'linux', isRoot: false, missingForKind: noDocker })
    await expect(choosing).rejects.toMatchObject({
      code: 'MissingPieces',
      message: [
        'no cluster can be had here:',
        '  kubeconfig: none is named: say --kubeconfig PATH or set KUBECONFIG',
        '  local: root is missing: run it as root',
        '  kind: a Docker daemon is missing: start it',
      ].join('\n'),
    })
  })

  test('cannot be kubeconfig without one', async () => {
    const choosing = chooseProvider(
      { provider: 'kubeconfig' },
      { platform: 'linux', isRoot: true, missingForKind: docker },
    )
    await expect(choosing).rejects.toMatchObject({ code: 'MissingPieces' })
  })
})
