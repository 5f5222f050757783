import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { Installed, operator, type PatchType } from './installed.ts'

/**
 * config/rbac.yaml and config/admission-fence.yaml, as a real API server keeps them: `npm run test:apiserver`. Each change is
 * tried by drainkeeper's own account, on a Deployment as its owner wrote it, and on one whose owner allowed rollbacks.
 */
const { CONTRACT_KUBECONFIG: kubeconfig, CONTRACT_KUBECTL: kubectl } = process.env
const namespace = 'fence'
const exampleOf = (name: string): string => fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url))

const word = { 'drainkeeper.dev/rollback': 'allowed' }
const owned = {
  plain: {},
  allowed: word,
  refused: { 'drainkeeper.dev/rollback': 'no' },
}
type Name = keyof typeof owned

const container = {
  name: 'app',
  image: 'checkout:2',
  env: [{ name: 'MODE', value: 'fast' }],
  ports: [{ containerPort: 8080 }],
}
const deployment = (name: Name): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, annotations: owned[name] },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
  },
})

const spec = (fields: object): object => ({ spec: fields })
const template = (podSpec: object): object => spec({ template: { spec: podSpec } })
const app = (fields: object): object => template({ containers: [{ name: 'app', ...fields }] })
const annotate = (value: string | null): object => ({
  metadata: { annotations: { 'drainkeeper.dev/rollback': value } },
})
/** As a rollback is written: the whole template, by a JSON patch. */
const rollback = (name: Name): object => [
  {
    op: 'replace',
    path: '/spec/template',
    value: {
      metadata: { labels: { app: name, version: '1' } },
      spec: {
        serviceAccountName: 'checkout',
        volumes: [{ name: 'cache', emptyDir: {} }],
        containers: [
          { name: 'app', image: 'checkout:1', args: ['--old'] },
          { name: 'sidecar', image: 'sidecar:1' },
        ],
      },
    },
  },
]

const anybody = [undefined, undefined, undefined] as const
const nobody = (says: string) => [says, says, says] as const
/** Only where the owner allowed rollbacks. */
const withWord = (says: string) => [says, undefined, says] as const
const runs = 'drainkeeper may not add a container, or change what one runs, unless the owner'
const may = 'drainkeeper may not change what a pod is or may do, unless the owner'
const howMany = 'drainkeeper may not change how many pods or revisions there are, or by which strategy they roll'
const itself = 'drainkeeper may not allow itself rollbacks, or forbid them'

interface Change {
  what: string
  type?: PatchType
  patch: object | ((name: Name) => object)
  /** What is answered for `plain`, `allowed` and `refused`; undefined: it is done. */
  says: readonly [string | undefined, string | undefined, string | undefined]
}

const changes: Change[] = [
  {
    what: 'a contract',
    patch: app({ lifecycle: { preStop: { sleep: { seconds: 3 } } }, readinessProbe: { httpGet: { port: 8080 } } }),
    says: anybody,
  },
  {
    what: 'a contract by the library',
    patch: app({ lifecycle: { preStop: { httpGet: { path: '/admin/drain', port: 9909 } } } }),
    says: anybody,
  },
  { what: 'a grace period', patch: template({ terminationGracePeriodSeconds: 60 }), says: anybody },
  { what: 'a hold', patch: spec({ minReadySeconds: 120, progressDeadlineSeconds: 720 }), says: anybody },
  { what: 'a step', patch: spec({ strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }), says: anybody },
  { what: 'a pause', patch: spec({ paused: true }), says: anybody },
  { what: 'another number of pods', patch: spec({ replicas: 0 }), says: nobody(howMany) },
  {
    what: 'another strategy',
    patch: spec({ strategy: { $retainKeys: ['type'], type: 'Recreate' } }),
    says: nobody(howMany),
  },
  { what: 'another history', patch: spec({ revisionHistoryLimit: 0 }), says: nobody(howMany) },
  {
    what: 'another selector, which nobody may',
    patch: spec({ selector: { matchLabels: { more: 'x' } } }),
    says: nobody('spec.selector: Invalid value'),
  },
  { what: 'another image', patch: app({ image: 'stranger' }), says: withWord(runs) },
  { what: 'another command', patch: app({ command: ['sh'] }), says: withWord(runs) },
  { what: 'another environment', patch: app({ env: [{ name: 'MODE', value: 'slow' }] }), says: withWord(runs) },
  {
    what: 'a command before the end',
    patch: app({ lifecycle: { preStop: { exec: { command: ['sh'] } } } }),
    says: withWord(runs),
  },
  {
    what: 'a command as a readiness probe',
    patch: app({ readinessProbe: { exec: { command: ['sh'] } } }),
    says: withWord(runs),
  },
  {
    what: 'a command after the start',
    patch: app({ lifecycle: { postStart: { exec: { command: ['sh'] } } } }),
    says: withWord(runs),
  },
  {
    what: 'one more container',
    patch: template({ containers: [{ name: 'more', image: 'stranger' }] }),
    says: withWord(runs),
  },
  { what: 'another service account', patch: template({ serviceAccountName: 'stranger' }), says: withWord(may) },
  { what: 'the host network', patch: template({ hostNetwork: true }), says: withWord(may) },
  { what: 'an earlier template', type: 'json', patch: rollback, says: withWord(runs) },
  {
    what: 'an earlier template and another number of pods',
    type: 'json',
    patch: (name) => [...(rollback(name) as object[]), { op: 'replace', path: '/spec/replicas', value: 0 }],
    says: [runs, howMany, runs],
  },
  { what: 'the word of the owner', patch: annotate('allowed'), says: [itself, undefined, itself] },
  { what: 'the word of the owner taken back', patch: annotate(null), says: [undefined, itself, itself] },
  { what: 'another word', patch: annotate('yes'), says: nobody(itself) },
  {
    what: 'an image with the word in the same request',
    patch: { ...annotate('allowed'), ...app({ image: 'stranger' }) },
    says: [itself, undefined, itself],
  },
]
const rows = changes.flatMap(({ what, type = 'strategic', patch, says }) =>
  (Object.keys(owned) as Name[]).map((name, index) => {
    const body = typeof patch === 'function' ? patch(name) : patch
    return { what, type, patch: body, name, says: says[index], answer: says[index] === undefined ? 'done' : 'refused' }
  }),
)

describe.skipIf(kubeconfig === undefined)('what drainkeeper may do to a Deployment, on a real API server', () => {
  let installed: Installed

  beforeAll(async () => {
    installed = await Installed.by(kubeconfig ?? '', kubectl ?? 'kubectl')
    for (const each of [namespace, 'shop']) await installed.run(['create', 'namespace', each])
    for (const name of Object.keys(owned) as Name[]) await installed.run(['create', '-f', '-'], deployment(name))
    // The API server takes a moment to see its admission policies, and tells nobody: it is asked until it refuses.
    const inForce = async (): Promise<boolean> =>
      (await installed.patch(namespace, 'plain', 'strategic', spec({ replicas: 0 }))).status !== 200
    const deadline = AbortSignal.timeout(30_000)
    while (!(await inForce())) deadline.throwIfAborted()
  }, 120_000)
  afterAll(async () => {
    await installed.attempt(['delete', 'namespace', namespace, 'shop', '--wait=false'])
    await installed.remove()
  })

  test.for(rows)('$what, where the Deployment is $name: $answer', async ({ name, type, patch, says }) => {
    const { status, message } = await installed.patch(namespace, name, type, patch)
    if (says === undefined) expect(message).toBe('')
    else expect(message).toContain(says)
    expect(status).toBe(says === undefined ? 200 : 422)
  })

  test.each([
    ['secrets', 'get'],
    ['secrets', 'list'],
    ['secrets', 'watch'],
    ['configmaps', 'get'],
    ['pods', 'create'],
    ['pods/exec', 'create'],
    ['serviceaccounts/token', 'create'],
    ['deployments.apps', 'create'],
    ['deployments.apps', 'delete'],
  ])('%s: it may not %s them', async (what, verb) => {
    const [resource = '', subresource = ''] = what.split('/')
    const asked = ['auth', 'can-i', verb, resource, `--subresource=${subresource}`, '-A', `--as=${operator}`]
    expect((await installed.attempt(asked)).text).toMatch(/^no$/m)
  })

  test.each(['policy.yaml', 'pacing.yaml', 'pacing-prometheus.yaml'])('the example %s is accepted', async (name) => {
    expect(await installed.run(['create', '--dry-run=server', '-f', exampleOf(name)])).toContain('created')
  })

  test('a Role of one namespace lets it read one Secret, as the example says', async () => {
    await installed.run(['apply', '-f', exampleOf('prometheus-secret.yaml')])
    const may = async (what: string, where: string): Promise<string> =>
      (await installed.attempt(['auth', 'can-i', 'get', what, '-n', where, `--as=${operator}`])).text.trim()
    expect([
      await may('secret/prometheus-reader', 'shop'),
      await may('secret/another', 'shop'),
      await may('secret/prometheus-reader', namespace),
    ]).toEqual(['yes', 'no', 'no'])
    expect(
      (await installed.attempt(['auth', 'can-i', 'list', 'secrets', '-n', 'shop', `--as=${operator}`])).text,
    ).toContain('no')
  })
})
