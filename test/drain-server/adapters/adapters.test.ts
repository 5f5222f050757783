import 'reflect-metadata'
import cluster from 'node:cluster'
import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { Server as NetServer } from 'node:net'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { adoptTarget } from '../../../src/drain-server/adapters/adapters.ts'
import { claim, isAdopted } from '../../../src/drain-server/adapters/adopted.ts'
import { systemClock } from '../../../src/drain-server/clock.ts'
import type { DrainHook } from '../../../src/drain-server/index.ts'

interface Adopted {
  servers: NetServer[]
  hooks: { name: string | undefined; hook: DrainHook }[]
}

function adopted(target: object): Adopted {
  const servers: NetServer[] = []
  const hooks: Adopted['hooks'] = []
  adoptTarget(target, {
    adopt: (server) => void servers.push(server),
    join: () => undefined,
    onDrain: (hook, options) => void hooks.push({ name: options?.name, hook }),
    clock: systemClock,
  })
  return { servers, hooks }
}

const context = { remainingMs: 1000, signal: new AbortController().signal }

describe('what is a server, or knows its server', () => {
  test.each([
    ['node:http', () => createServer()],
    ['node:http2', () => createSecureServer()],
    ["express's listen()", () => express().listen(0)],
    ["koa's listen()", () => new Koa().listen(0)],
    ["hono's serve()", () => serve({ fetch: new Hono().fetch, port: 0 })],
  ])('a server of %s', (_name, make) => {
    const server = make()
    onTestFinished(() => void server.close())
    expect(adopted(server)).toEqual({ servers: [server], hooks: [] })
  })

  test('whatever keeps its server in `server`', () => {
    const server = createServer()
    expect(adopted({ server, close: () => undefined })).toEqual({ servers: [server], hooks: [] })
  })
})

describe('fastify', () => {
  test('its server is adopted, and its own close() is a drain hook', async () => {
    const app = fastify()
    const onClose = vi.fn()
    app.addHook('onClose', onClose)
    const { servers, hooks } = adopted(app)
    expect(servers).toEqual([app.server])
    expect(hooks.map(({ name }) => name)).toEqual(['fastify'])
    await app.listen({ port: 0, host: '127.0.0.1' })
    await hooks[0]?.hook(context)
    expect(onClose).toHaveBeenCalledTimes(1)
    expect(servers).toEqual([app.server])
  })

  test('after listen() it is adopted as before', async () => {
    const app = fastify()
    onTestFinished(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    expect(adopted(app).servers).toEqual([app.server])
  })

  test('the second server that it listens with for localhost is adopted, and no other one', async () => {
    const app = fastify()
    onTestFinished(() => app.close())
    const other = createServer(() => undefined)
    onTestFinished(() => void other.close())
    const answer = (name: string, _options: object, done: (...outcome: unknown[]) => void): void => {
      const addresses = name === 'localhost' ? ['127.0.0.1', '127.0.0.2'] : [name]
      done(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      )
    }
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation(answer as never)
    onTestFinished(() => lookup.mockRestore())
    const { servers } = adopted(app)
    app.addHook('onReady', async () => {
      other.listen(0)
      await once(other, 'listening')
    })
    await app.listen({ port: 0 })
    expect(app.addresses()).toHaveLength(2)
    expect(servers).toHaveLength(2)
    expect(servers).not.toContain(other)
    for (const server of servers) expect(server.listening).toBe(true)
  })
})

test('a Nest application: its server is adopted, and its own close() is a drain hook', async () => {
  const shutDown = vi.fn()
  class Application {
    onApplicationShutdown(): void {
      shutDown()
    }
  }
  Module({})(Application)
  const app = await NestFactory.create(Application, { logger: false })
  const { servers, hooks } = adopted(app)
  expect(servers).toEqual([app.getHttpServer()])
  expect(hooks.map(({ name }) => name)).toEqual(['nest'])
  await app.listen(0)
  await hooks[0]?.hook(context)
  expect(shutDown).toHaveBeenCalledTimes(1)
})

describe('what holds no server is refused with what to pass instead', () => {
  test.each([
    ['an express application', express(), 'what app.listen(port) returns'],
    ['a koa application', new Koa(), 'what app.listen(port) returns'],
    ['a hono application', new Hono(), 'what serve() of @hono/node-server returns'],
    ['a promise', Promise.resolve(), 'what it resolves to'],
    ['node:cluster', cluster, 'call drainCluster() in the primary'],
  ])('%s', (what, target, instead) => {
    expect(() => adopted(target)).toThrow(
      expect.objectContaining({
        code: 'ERR_DRAIN_TARGET',
        message: `drain() was given ${what}, which holds no server; ${instead}`,
      }),
    )
  })

  test.each([
    ['anything else', {}],
    ['an application whose server is none of Node', { getHttpServer: () => ({}), close: () => undefined }],
  ])('%s', (_name, target) => {
    expect(() => adopted(target)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_TARGET' }))
  })
})

describe('a server that is adopted', () => {
  test('is refused a second time, until it is let go of', () => {
    const server = createServer()
    const unclaim = claim(server)
    expect(isAdopted(server)).toBe(true)
    expect(() => claim(server)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_ADOPTED' }))
    unclaim()
    expect(isAdopted(server)).toBe(false)
    expect(Object.hasOwn(server, 'close')).toBe(false)
    claim(server)()
  })

  test('takes close() without an error once its listener is closed', async () => {
    const server = createServer()
    const unclaim = claim(server)
    const beforeListen = await new Promise((resolve) => server.close(resolve))
    expect(beforeListen).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' })
    server.listen(0)
    await once(server, 'listening')
    expect(await new Promise((resolve) => server.close(resolve))).toBeUndefined()
    expect(server.listening).toBe(false)
    expect(await new Promise((resolve) => server.close(resolve))).toBeUndefined()
    expect(server.close()).toBe(server)
    unclaim()
    expect(await new Promise((resolve) => server.close(resolve))).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' })
  })

  test('keeps a close() of its own', () => {
    const server = createServer()
    const own = vi.fn(() => server)
    server.close = own
    claim(server)()
    expect(Reflect.get(server, 'close')).toBe(own)
  })
})
