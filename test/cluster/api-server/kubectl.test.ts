import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiServer, type HttpServer, serveHttp } from '../../../src/cluster/api-server/index.ts'
import { createKubeApi, type KubeObject, nodes, pods, systemClock } from '../../../src/kube/index.ts'
import { pod } from './rig.ts'

const kubectlVersion = versionOfKubectl()
if (kubectlVersion === undefined) console.warn('skipped: kubectl is not installed')

function versionOfKubectl(): string | undefined {
  try {
    return execFileSync('kubectl', ['version', '--client', '-o', 'yaml'], { encoding: 'utf8' })
  } catch {
    return undefined
  }
}

interface Output {
  readonly code: number
  readonly out: string
  readonly error: string
}

const manifest = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, labels: { app: shop } }
spec:
  replicas: 2
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: app, image: "${image}", ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { selector: { app: shop }, ports: [{ port: 80, targetPort: 8080 }] }
`

describe.skipIf(kubectlVersion === undefined)('kubectl, on an API server alone', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-'))
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') }
  let server: ApiServer
  let http: HttpServer

  beforeAll(async () => {
    server = new ApiServer({ clock: systemClock })
    http = await serveHttp(server)
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: http.url } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: {} }],
      'current-context': 'c',
    }
    writeFileSync(environment.KUBECONFIG, JSON.stringify(kubeconfig))
  })

  afterAll(async () => {
    await http.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function run(command: string, input?: string): Promise<Output> {
    return new Promise((done) => {
      const child = execFile('kubectl', command.split(' '), { env: environment }, (failure, out, error) =>
        done({ code: failure === null ? 0 : Number(failure.code ?? 1), out: out.trim(), error: error.trim() }),
      )
      child.stdin?.end(input ?? '')
    })
  }

  /** The output of a command that must succeed. */
  async function kubectl(command: string, input?: string): Promise<string> {
    const { code, out, error } = await run(command, input)
    expect(code, `kubectl ${command}: ${error}`).toBe(0)
    return out
  }

  test('our configuration installs, and the resource can be used at once', async () => {
    expect(await kubectl(`apply -k ${resolve(import.meta.dirname, '../../../config')}`)).toContain(
      'drainpolicies.drainkeeper.dev created',
    )
    await kubectl('wait --for=condition=Established crd/drainpolicies.drainkeeper.dev --timeout=5s')
    const policy =
      'apiVersion: drainkeeper.dev/v1alpha1\nkind: DrainPolicy\nmetadata: {name: p}\nspec: {targetRef: {name: shop, kind: Deployment}}\n'
    await kubectl('apply -f -', policy)
    expect((await kubectl('get drain')).split('\n')[0]).toMatch(
      /^NAME +TARGET +MODE +P +DELAY +GRACE +PODS +ROLLOUT +READY +AGE$/,
    )
    expect(await kubectl('explain drain.spec.targetRef')).toContain('KIND:       DrainPolicy')
    expect(await kubectl('get drain -o name')).toBe('drainpolicy.drainkeeper.dev/p')
    const refused = await run('apply -f -', policy.replace('kind: Deployment}', 'kind: Cow}'))
    expect([refused.code, refused.error]).toEqual([1, expect.stringContaining('only Deployments are supported')])
  })

  test('apply, diff, and the way from client-side to server-side apply', async () => {
    expect(await kubectl('apply -f -', manifest('shop:1'))).toBe('deployment.apps/shop created\nservice/shop created')
    expect(await kubectl('apply -f -', manifest('shop:1'))).toBe(
      'deployment.apps/shop unchanged\nservice/shop unchanged',
    )
    const diff = await run('diff -f -', manifest('shop:2'))
    expect(diff.code).toBe(1)
    expect(diff.out).toContain('+      - image: shop:2')
    expect(await kubectl('apply -f -', manifest('shop:2'))).toBe(
      'deployment.apps/shop configured\nservice/shop unchanged',
    )
    expect(await kubectl('apply --server-side -f -', manifest('shop:3'))).toContain(
      'deployment.apps/shop serverside-applied',
    )
    const managers = await kubectl(
      'get deploy shop -o jsonpath={.metadata.managedFields[*].manager} --show-managed-fields',
    )
    // What kubectl makes of an object that client-side apply made first.
    expect(managers.split(' ').sort()).toEqual(['kubectl', 'kubectl-last-applied'])
    const conflict = await run('apply --server-side --field-manager other -f -', manifest('shop:4'))
    expect(conflict.error).toContain('conflict with "kubectl": .spec.template.spec.containers[name="app"].image')
    expect((await run('apply -f -', manifest('shop:3').replace('replicas', 'replica'))).error).toContain(
      'unknown field "spec.replica"',
    )
  })

  test('patch, label, annotate, scale, set image, edit by replace', async () => {
    await kubectl('patch deploy shop -p {"spec":{"replicas":3}}')
    await kubectl('patch deploy shop --type=json -p [{"op":"replace","path":"/spec/replicas","value":4}]')
    await kubectl('patch deploy shop --type=merge --subresource=status -p {"status":{"replicas":4,"readyReplicas":1}}')
    await kubectl('label deploy shop tier=front')
    await kubectl('annotate deploy shop note=x')
    await kubectl('set image deploy/shop app=shop:5')
    expect(await kubectl('get deploy -l tier=front')).toMatch(/shop +1\/4 /)
    expect(await kubectl('scale deploy shop --replicas=6 --current-replicas=4')).toBe('deployment.apps/shop scaled')
    expect((await run('scale deploy shop --replicas=6 --current-replicas=4')).code).toBe(1)
    await kubectl('rollout pause deploy shop')
    expect(await kubectl('get deploy shop -o jsonpath={.spec.paused},{.spec.replicas}')).toBe('true,6')
    await kubectl('rollout resume deploy shop')
    await kubectl('rollout restart deploy shop')
    expect(await kubectl('describe deploy shop')).toContain('kubectl.kubernetes.io/restartedAt')
  })

  test('get in every form', async () => {
    expect(await kubectl('get deploy shop -o wide')).toMatch(/CONTAINERS +IMAGES +SELECTOR\n.* app +shop:5 +app=shop$/)
    expect(await kubectl('get svc shop')).toMatch(/ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP/)
    expect(await kubectl('get all')).toContain('deployment.apps/shop')
    expect(await kubectl('get deploy,svc --sort-by=.metadata.name -o custom-columns=N:.metadata.name')).toBe(
      'N\nshop\nshop',
    )
    expect(JSON.parse(await kubectl('get deploy -o json'))).toMatchObject({
      kind: 'List',
      items: [{ kind: 'Deployment' }],
    })
    expect(await kubectl('get --raw /readyz')).toBe('ok')
    const missing = await run('get deploy nothing')
    expect([missing.code, missing.error]).toEqual([
      1,
      'Error from server (NotFound): deployments.apps "nothing" not found',
    ])
    expect((await run('get nothings')).error).toContain('the server doesn\'t have a resource type "nothings"')
  })

  test('what is sent in protobuf: create in all its forms, and auth', async () => {
    await kubectl('create namespace other')
    await kubectl('create deployment d --image=y --replicas=2 --port=80 -n other')
    await kubectl('create configmap c --from-literal=a=b -n other')
    await kubectl('create secret generic s --from-literal=p=q -n other')
    await kubectl('create service nodeport svc --tcp=80:8080 -n other')
    await kubectl('create poddisruptionbudget b --selector=app=d --min-available=50% -n other')
    await kubectl('create rolebinding r --clusterrole=view --serviceaccount=other:x -n other')
    expect(await kubectl('get deploy d -n other -o jsonpath={.spec.template.spec.containers[0]}')).toMatch(
      /"ports":\[\{"containerPort":80,"protocol":"TCP"\}\]/,
    )
    expect(await kubectl('get secret s -n other -o jsonpath={.data.p}')).toBe('cQ==')
    expect(await kubectl('get pdb b -n other -o jsonpath={.spec.minAvailable}')).toBe('50%')
    expect(await kubectl('get svc svc -n other -o jsonpath={.spec.ports[0].targetPort}')).toBe('8080')
    expect(await kubectl('auth can-i delete nodes')).toBe('yes')
    expect(await kubectl('auth whoami -o jsonpath={.status.userInfo.username}')).toBe('system:admin')
  })

  test('describe, explain, api-resources, api-versions, version', async () => {
    expect(await kubectl('describe svc shop')).toMatch(/TargetPort: +8080\/TCP/)
    expect(await kubectl('explain pods.spec.containers.lifecycle.preStop --recursive')).toContain(
      'sleep\t<SleepAction>',
    )
    expect(await kubectl('api-resources --namespaced=false -o name')).toContain('nodes')
    expect(await kubectl('api-resources --categories=drainkeeper -o name')).toBe('drainpolicies.drainkeeper.dev')
    expect(await kubectl('api-versions')).toContain('drainkeeper.dev/v1alpha1')
    expect(await kubectl('version')).toContain('Server Version: v1.36.3')
  })

  test('get --watch prints rows as they change; wait and delete see the end', async () => {
    const child = spawn('kubectl', ['get', 'configmaps', '-w', '--no-headers'], { env: environment })
    let out = ''
    const has = (text: string): Promise<void> =>
      new Promise((done) => {
        const look = (): void => (out.includes(text) ? done() : void child.stdout.once('data', look))
        look()
      })
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    await kubectl('create configmap seen --from-literal=a=b')
    await has('seen   1 ')
    await kubectl('patch configmap seen --type=merge -p {"data":{"c":"d"}}')
    await has('seen   2 ')
    await kubectl('delete configmap seen')
    child.kill()
    await kubectl('wait --for=delete configmap/seen --timeout=5s')
    expect(await kubectl('delete deploy,svc --all')).toContain('deployment.apps "shop" deleted')
  })

  test('drain evicts, waits where a budget says so, and cordons', async () => {
    const api = createKubeApi(server.client('kubelet/1'))
    await api.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } })
    await api.create(pods, {
      ...(pod('p', { nodeName: 'node-1' }, { app: 'p' }) as KubeObject),
      metadata: { name: 'p', namespace: 'default', labels: { app: 'p' } },
    })
    await api.mergePatch(
      pods,
      { namespace: 'default', name: 'p' },
      { status: { phase: 'Running' } },
      { subresource: 'status' },
    )
    await kubectl('create poddisruptionbudget p --selector=app=p --min-available=1')
    await kubectl('patch pdb p --subresource=status --type=merge -p {"status":{"observedGeneration":1}}')
    const refused = await run('drain node-1 --force --timeout=1s')
    expect(refused.code).toBe(1)
    expect(refused.error).toContain("Cannot evict pod as it would violate the pod's disruption budget")
    expect(await kubectl('get node node-1')).toMatch(/Unknown,SchedulingDisabled/)
    await kubectl('delete poddisruptionbudget p')
    // What a kubelet does when its pod has ended.
    const stop = server.onWrite(({ object, removed }) => {
      if (object.kind !== 'Pod' || removed || object.metadata.deletionGracePeriodSeconds !== 30) return
      queueMicrotask(() => void api.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 }))
    })
    expect(await kubectl('drain node-1 --force --timeout=20s')).toContain('node/node-1 drained')
    expect(await kubectl('uncordon node-1')).toBe('node/node-1 uncordoned')
    stop()
  })
})
