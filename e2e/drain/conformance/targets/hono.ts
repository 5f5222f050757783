import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import { drain } from 'drain-server'
import { answer } from '../application/answer.ts'
import { listening, options, port, withHooks } from '../application/settings.ts'
import { addUpgrades } from '../application/upgrades.ts'

const app = new Hono()
app.all('*', async (context) => {
  const { type, body } = await answer(context.req.url, () => (context.req.raw.body ?? []) as AsyncIterable<Uint8Array>)
  context.header('content-type', type)
  return typeof body === 'string'
    ? context.body(body)
    : context.body(Readable.toWeb(body.map((text: string) => Buffer.from(text))) as ReadableStream)
})

const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, listening) as Server
withHooks(drain(addUpgrades(server), options))
