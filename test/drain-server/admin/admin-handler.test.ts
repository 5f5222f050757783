import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { serve } from '@hono/node-server'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAdminHandler } from '../../../src/drain-server/admin/admin-handler.ts'
import type { AdminHandler } from '../../../src/drain-server/admin/admin-handler.ts'
import { stage } from '../in-process.ts'
import { ServingProcess } from './subject.ts'

async function urlOf(server: Server): Promise<string> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const token = { headers: { 'x-drain-token': 'secret' } }

/** An application on each framework, with the handler in front of its own route. */
const frameworks: Record<string, (handler: AdminHandler) => Promise<string>> = {
  node: (handler) =>
    urlOf(
      createServer((request, response) => {
        if (!handler(request, response)) response.end('own')
      }),
    ),
  express: (handler) =>
    urlOf(
      createServer(
        express()
          .use(handler)
          .use((_request, response) => void response.end('own')),
      ),
    ),
  'express under a path': async (handler) => {
    const app = express().use('/internal', handler)
    const url = await urlOf(createServer(app.use((_request, response) => void response.end('own'))))
    return `${url}/internal`
  },
  async fastify(handler) {
    const app = fastify()
    app.addHook('onRequest', (request, reply, done) => {
      if (handler(request.raw, reply.raw)) reply.hijack()
      else done()
    })
    app.get('/own', () => 'own')
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    return url
  },
  koa(handler) {
    const app = new Koa()
    app.use(async (context, next) => {
      if (handler(context.req, context.res)) context.respond = false
      else await next()
    })
    app.use((context) => {
      context.body = 'own'
    })
    return urlOf(createServer(app.callback() as Parameters<typeof createServer>[1]))
  },
  hono(handler) {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.use((context, next) =>
      handler(context.env.incoming, context.env.outgoing) ? Promise.resolve(RESPONSE_ALREADY_SENT) : next(),
    )
    app.get('/own', (context) => context.text('own'))
    return urlOf(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }))
  },
}

describe.each(Object.entries(frameworks))('on a server of %s the handler', (_, mount) => {
  test('answers its own routes and leaves the others alone', async () => {
    const subject = new ServingProcess()
    const url = await mount(createAdminHandler(subject, 'secret'))
    const ready = await fetch(`${url}/health/ready`)
    expect(ready.status).toBe(200)
    expect(ready.headers.get('cache-control')).toBe('no-store')
    expect(await ready.json()).toEqual({ ready: true, state: 'serving' })
    expect(await (await fetch(`${url}/metrics`)).text()).toBe('figures 1\n')
    expect(await (await fetch(`${url}/own`)).text()).toBe('own')
    expect((await fetch(`${url}/admin/drain?delaySeconds=2`)).status).toBe(401)
    expect(subject.state).toBe('serving')
    expect((await fetch(`${url}/admin/drain?delaySeconds=2`, token)).status).toBe(202)
    expect(subject.terms).toEqual({ delaySeconds: 2 })
    expect((await fetch(`${url}/health/ready`)).status).toBe(503)
  })
})

test('it answers on a server of node:http2', async () => {
  const handler = createAdminHandler(new ServingProcess(), undefined)
  const url = await urlOf(createHttp2Server((request, response) => void handler(request, response)))
  const session = connect(url)
  onTestFinished(() => session.destroy())
  const stream = session.request({ ':path': '/health/ready?full' })
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  expect(headers).toMatchObject({ ':status': 200, 'cache-control': 'no-store' })
})

describe('the handler', () => {
  const called = (
    handler: AdminHandler,
    url: string | undefined,
  ): { answered: boolean; status?: number; next: number } => {
    let next = 0
    let status: number | undefined
    const answered = handler(
      { method: 'GET', url, headers: {}, resume: () => undefined },
      { writeHead: (code) => (status = code), end: () => undefined },
      () => (next += 1),
    )
    return { answered, next, ...(status === undefined ? {} : { status }) }
  }

  test.each([
    ['', '/health/ready', 200],
    ['/internal', '/internal/health/ready', 200],
    ['/internal/', '/internal/health/ready?verbose', 200],
    ['', 'http://example.test/health/live?x', 200],
    ['', 'HTTPS://example.test/health/live', 200],
  ])('with the base path %j answers %s', (basePath, url, status) => {
    const handler = createAdminHandler(new ServingProcess(), undefined, { basePath })
    expect(called(handler, url)).toEqual({ answered: true, status, next: 0 })
  })

  test.each([
    ['', '/health'],
    ['', '/health/ready/'],
    ['', '/health/READY'],
    ['', '/constructor'],
    ['', '*'],
    ['', undefined],
    ['/internal', '/health/ready'],
    ['/internal', '/internalhealth/ready'],
    ['/internal', '/internal'],
    ['/internal', '/external/health/ready'],
    ['/internal', '/internalconstructor'],
    ['', '/x?/health/ready'],
  ])('with the base path %j leaves %s alone', (basePath, url) => {
    const handler = createAdminHandler(new ServingProcess(), undefined, { basePath })
    expect(called(handler, url)).toEqual({ answered: false, next: 1 })
  })

  test('does not hide a defect of its own', () => {
    const subject = new ServingProcess()
    subject.metrics = () => {
      throw new TypeError('defect')
    }
    expect(() => called(createAdminHandler(subject, undefined), '/metrics')).toThrow(TypeError)
  })

  test('without a token has no /admin: others than kubelet reach the server', () => {
    const subject = new ServingProcess()
    expect(called(createAdminHandler(subject, undefined), '/admin/drain')).toEqual({ answered: false, next: 1 })
    expect(subject.state).toBe('serving')
    expect(called(createAdminHandler(subject, 'secret'), '/admin/drain')).toMatchObject({ answered: true, status: 401 })
  })
})

test('a drainer gives its handler, also without an admin port, with the token of its environment', async () => {
  const it = await stage({ environment: { DRAIN_ADMIN_TOKEN: 'secret' }, graceSeconds: 4, delaySeconds: 0.2 })
  const handler = it.drainer.adminHandler({ basePath: '/-' })
  const url = await urlOf(createServer((request, response) => void handler(request, response)))
  expect((await fetch(`${url}/-/health/ready`)).status).toBe(200)
  expect((await fetch(`${url}/-/admin/drain`)).status).toBe(401)
  expect((await fetch(`${url}/-/admin/drain`, token)).status).toBe(202)
  it.signal('SIGTERM')
  const report = await it.drainer.drained
  expect(await (await fetch(`${url}/-/admin/drain/report`, token)).json()).toEqual(report)
})

test('HEAD tells what GET would, without a body, and never begins a drain', async () => {
  const subject = new ServingProcess()
  const handler = createAdminHandler(subject, 'secret')
  const url = await urlOf(createServer((request, response) => void handler(request, response)))
  for (const path of ['/health/live', '/health/ready', '/health/startup', '/metrics']) {
    const whole = await fetch(`${url}${path}`)
    const head = await fetch(`${url}${path}`, { method: 'HEAD' })
    expect(head.status).toBe(whole.status)
    expect(head.headers.get('content-length')).toBe(String((await whole.arrayBuffer()).byteLength))
    expect((await head.arrayBuffer()).byteLength).toBe(0)
  }
  const asking = httpRequest(`${url}/admin/drain`, { method: 'HEAD', ...token }).end()
  const [response] = (await once(asking, 'response')) as [{ statusCode: number; headers: Record<string, string> }]
  expect(response.statusCode).toBe(405)
  expect(response.headers['allow']).toBe('GET, POST')
  expect(subject.state).toBe('serving')
})
