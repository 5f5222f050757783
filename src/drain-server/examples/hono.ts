import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { drain } from 'drain-server'

const app = new Hono()

app.get('/', (context) => context.text('hello\n'))

app.get('/slow', async (context) => {
  await sleep(1000)
  return context.text('done\n')
})

drain(serve({ fetch: app.fetch, port: Number(process.env['PORT'] ?? 8080) }))
