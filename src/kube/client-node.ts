import type { RequestOptions } from 'node:https'
import {
  type Configuration,
  createConfiguration,
  KubeConfig,
  type RequestContext,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node'
import type { Clock } from './clock.ts'
import { KubeError } from './kube-error.ts'
import { requestInfo } from './request-info.ts'
import type { Transport, TransportRequest } from './transport.ts'
import type { Access, AccessSource, TlsMaterial } from './undici-transport.ts'

/** Which cluster, and as whom. */
export interface ClusterConfig {
  access: AccessSource
  server: string
  /** The namespace of the context; `default` when it names none. */
  namespace: string
  context: string
}

export interface LoadOptions {
  clock: Clock
  /** A kubeconfig file. @default $KUBECONFIG, ~/.kube/config, the service account of the pod, in this order */
  kubeconfig?: string
  /** @default the file's current context */
  context?: string
}

/** Credentials are read anew after this time: client-node itself caches a token file for 60 s. */
const accessLifetimeMs = 10_000

/** @throws KubeError Unexpected when there is no usable configuration. */
export function loadClusterConfig(options: LoadOptions): ClusterConfig {
  const config = new KubeConfig()
  try {
    if (options.kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(options.kubeconfig)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new KubeError('Unexpected', `the kubeconfig cannot be read: ${message}`, { cause })
  }
  if (options.context !== undefined) config.setCurrentContext(options.context)
  return clusterConfigOf(config, options.clock)
}

/** The same for a KubeConfig that the caller has loaded. */
export function clusterConfigOf(config: KubeConfig, clock: Clock): ClusterConfig {
  const context = config.getCurrentContext()
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    const known = config.getContexts().map(({ name }) => name)
    throw new KubeError(
      'Unexpected',
      `no context "${context}" in the kubeconfig; it has: ${known.join(', ') || 'none'}`,
    )
  }
  if (context === 'loaded-context' && cluster.server === 'http://localhost:8080') {
    // What client-node makes up when it finds nothing.
    throw new KubeError('Unexpected', 'no cluster: set KUBECONFIG, write ~/.kube/config, or run in a pod')
  }
  const namespace = config.getContextObject(context)?.namespace ?? 'default'
  return { access: accessSource(config, clock), server: cluster.server, namespace, context }
}

/**
 * client-node's generated calls (e.g. `CoordinationV1Api`) on this transport. Mind that its objects are class instances,
 * and that its `replace` drops fields that this version of client-node does not know.
 */
export function generatedCalls<A>(transport: Transport, api: new (configuration: Configuration) => A): A {
  const configuration = createConfiguration({
    // The transport knows the server; only path and query are taken from here.
    baseServer: new ServerConfiguration('http://kubernetes', {}),
    httpApi: wrapHttpLibrary({ send: (request) => send(transport, request) }),
  })
  return new api(configuration)
}

async function send(transport: Transport, request: RequestContext): Promise<ResponseContext> {
  const url = new URL(request.getUrl())
  const method = request.getHttpMethod() as TransportRequest['method']
  const body = request.getBody()
  const signal = request.getSignal()
  const response = await transport.request({
    method,
    ...requestInfo(method, url),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: request.getHeaders(),
    ...(typeof body === 'string' ? { body } : {}),
    ...(signal === undefined ? {} : { signal }),
  })
  const text = (): Promise<string> => response.text()
  return new ResponseContext(response.status, response.headers, {
    text,
    binary: async () => Buffer.from(await text()),
    stream: () => null,
  })
}

function accessSource(config: KubeConfig, clock: Clock): AccessSource {
  let present: { access: Access; readMs: number } | undefined
  let reading: Promise<Access> | undefined
  let authenticated = config

  async function read(renew: boolean): Promise<Access> {
    if (renew) {
      // Another KubeConfig has its own authenticators, whose caches are empty.
      authenticated = new KubeConfig()
      authenticated.loadFromOptions(config)
    }
    const access = await accessOf(authenticated)
    const unchanged = present !== undefined && JSON.stringify(present.access) === JSON.stringify(access)
    present = { access: unchanged && present !== undefined ? present.access : access, readMs: clock.monotonicMs() }
    return present.access
  }

  return (renew) => {
    if (!renew && present !== undefined && clock.monotonicMs() - present.readMs < accessLifetimeMs) {
      return Promise.resolve(present.access)
    }
    reading ??= read(renew).finally(() => (reading = undefined))
    return reading
  }
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster()
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new KubeError('Unexpected', `credentials for ${cluster?.server ?? 'the cluster'}: ${message}`, { cause })
  }
  const headers = { ...(options.headers as Record<string, string> | undefined) }
  if (typeof options.auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`
  }
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, passphrase, servername, rejectUnauthorized }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as TlsMaterial
  return {
    server: cluster?.server ?? '',
    headers,
    tls,
    ...(cluster?.proxyUrl === undefined ? {} : { proxyUrl: cluster.proxyUrl }),
  }
}
