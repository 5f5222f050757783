import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { drain } from 'drain-server'

const app = fastify()

app.get('/', () => 'hello\n')

app.get('/slow', async () => {
  await sleep(1000)
  return 'done\n'
})

app.addHook('onClose', () => console.error('the database pool would be closed here'))

drain(app)
await app.listen({ port: Number(process.env['PORT'] ?? 8080), host: '0.0.0.0' })
