/** One page a framework, each around an example that the tests run as a process. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

interface FrameworkPage {
  /** The file in src/drain-server/examples, without its ending. */
  example: string
  title: string
  /** What npm installs beside drain-server. */
  packages: string
  notes: readonly string[]
}

const readiness =
  'Readiness is `/health/ready` on the admin port 9909 (named `drain`), not a route of the application: it answers 503 from drain start on, and the application goes on serving.'
const noOwnHandler =
  'Leave SIGTERM to it. A handler of your own that exits cuts the drain short; put what it did into `drainer.onDrain()`. A `server.close()` of your own is left to the drain, and calls back when the last connection is gone.'

export const frameworkPages: readonly FrameworkPage[] = [
  {
    example: 'node',
    title: 'node:http',
    packages: '',
    notes: [
      readiness,
      noOwnHandler,
      'Call `drain(server)` before `listen()`: connections from before are only known once they bring a request.',
    ],
  },
  {
    example: 'https',
    title: 'node:https',
    packages: '',
    notes: [
      readiness,
      noOwnHandler,
      'A TLS handshake that has begun and does not end is closed like a half-sent head.',
    ],
  },
  {
    example: 'http2',
    title: 'node:http2',
    packages: '',
    notes: [
      readiness,
      noOwnHandler,
      'A session is told to go in two phases ([ADR 8](../../adr/0008-http2-goaway.md)): a stream that crosses the news on the wire is served. In clear text that costs nothing; over TLS (`createSecureServer`) it costs CPU on every request, which `twoPhaseOverTls: false` saves where clients repeat refused streams.',
      'With `allowHTTP1` both protocols drain on the same port.',
    ],
  },
  {
    example: 'express',
    title: 'Express',
    packages: 'express',
    notes: [
      readiness,
      'Give `drain()` the server, not the application: `createServer(app)`, or what `app.listen()` returns.',
      '`requestSignal(request)` aborts when the drain deadline comes or the client leaves: hand it to `fetch`, timers and database calls.',
    ],
  },
  {
    example: 'fastify',
    title: 'Fastify',
    packages: 'fastify',
    notes: [
      readiness,
      'Give `drain()` the instance. Its `close()` runs as a drain hook, after the last request, so `onClose` hooks still run; leave `close-with-grace` out.',
      'Call it before `listen()`: for `localhost` Fastify listens on two addresses, and the second is only seen then.',
    ],
  },
  {
    example: 'koa',
    title: 'Koa',
    packages: 'koa',
    notes: [readiness, 'Give `drain()` what `app.listen()` returns, or `createServer(app.callback())`.', noOwnHandler],
  },
  {
    example: 'hono',
    title: 'Hono',
    packages: 'hono @hono/node-server',
    notes: [readiness, 'Give `drain()` what `serve()` returns.', noOwnHandler],
  },
  {
    example: 'nest',
    title: 'NestJS',
    packages: '@nestjs/common @nestjs/core @nestjs/platform-express reflect-metadata rxjs',
    notes: [
      readiness,
      'Give `drain()` the Nest application. Its `close()` runs as a drain hook, so `OnModuleDestroy` and `OnApplicationShutdown` still run. Leave `enableShutdownHooks()` out: it would close the application at SIGTERM, before routing has let go.',
      'The example writes its controller without decorator syntax, since it runs without a build step; with decorators it is the same.',
    ],
  },
  {
    example: 'grpc',
    title: 'gRPC (@grpc/grpc-js)',
    packages: '@grpc/grpc-js',
    notes: [
      'Call `drain(server)` right after the server is made, before `addService()` and `bindAsync()`.',
      'Health checks answer NOT_SERVING from drain start on, to Watch streams too, which end when the listener has closed. Calls in flight run to their end, or get UNAVAILABLE at the deadline.',
      'Clients should have a second address to go to and a retry policy: [clients](../clients.md).',
    ],
  },
  {
    example: 'ws',
    title: 'WebSocket (ws)',
    packages: 'ws',
    notes: [
      'Nothing to do for it: after the listener has closed each client gets a close frame 1001, one after the other, so that they do not all come back at once. drain-server does not depend on `ws`; any other implementation works too.',
      'The client should connect again on 1001, after a random pause.',
    ],
  },
  {
    example: 'sse',
    title: 'Server-sent events and other long streams',
    packages: '',
    notes: [
      'A response of type `text/event-stream` is ended in order after the listener has closed; an `EventSource` connects again by itself, elsewhere, with `Last-Event-ID`.',
      'Any other stream that its client can take up again is marked by `endOnDrain(response)`. Everything else runs until the deadline.',
    ],
  },
  {
    example: 'register',
    title: 'An unmodified application',
    packages: '',
    notes: [
      '`node --import drain-server/register app.js`, or `NODE_OPTIONS="--import drain-server/register"`. Every HTTP server of the main thread that begins to listen is adopted, and so is a cluster; options come from `DRAIN_*` variables.',
      "The application's own SIGTERM and SIGINT listeners are held back until no request is left, then they run.",
    ],
  },
  {
    example: 'cluster',
    title: 'node:cluster',
    packages: '',
    notes: [
      'The primary receives the signal, owns the admin port and writes one report for all workers; workers open no port of their own.',
      'State the terms by `DRAIN_*` variables or a contract file, which the primary and its workers both read. `idleGraceMs` and `isProbe` are options of the workers.',
      "While the cluster drains, `cluster.on('exit')` is silent, so that nobody forks new workers.",
      'Before a cluster, consider more pods: Kubernetes restarts, measures and drains them one by one.',
    ],
  },
]

const manifest = `\`\`\`yaml
terminationGracePeriodSeconds: 45 # drainkeeper writes this and the hook; without it, state both
containers:
  - name: app
    ports: [{ name: http, containerPort: 8080 }, { name: drain, containerPort: 9909 }]
    readinessProbe: { httpGet: { path: /health/ready, port: drain }, periodSeconds: 2, failureThreshold: 1 }
    livenessProbe: { httpGet: { path: /health/live, port: drain } }
    lifecycle: { preStop: { httpGet: { path: "/admin/drain?delaySeconds=15&graceSeconds=45", port: drain } } }
\`\`\``

/** Writes the pages into docs/drain-server/frameworks. */
export function writeFrameworkPages(root: string): void {
  const folder = `${root}docs/drain-server/frameworks`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const page of frameworkPages) writeFileSync(`${folder}/${page.example}.md`, frameworkPage(root, page))
}

function frameworkPage(root: string, { example, title, packages, notes }: FrameworkPage): string {
  const file = `src/drain-server/examples/${example}.ts`
  const path = `${root}${file}`
  if (!existsSync(path)) throw new Error(`${file} is missing: the page on ${title} is made of it`)
  return [
    `<!-- Generated from ${file} and scripts/framework-pages.ts by \`npm run docs\`: edit it there. -->`,
    '',
    `# drain-server with ${title}`,
    '',
    '```sh',
    ['npm install drain-server', packages].filter((part) => part !== '').join(' '),
    '```',
    '',
    `This program is [${file}](../../../${file}); the tests start it, drain it in the middle of a request or a connection, and read its report.`,
    '',
    '```ts',
    readFileSync(path, 'utf8').trimEnd(),
    '```',
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    '## In its pod',
    '',
    manifest,
    '',
    'With drainkeeper leave `lifecycle` and `terminationGracePeriodSeconds` out: the operator measures, computes and writes both.',
    '',
    'Options, errors, metrics and limits are in [the README](../../../src/drain-server/README.md).',
    '',
  ].join('\n')
}
