import fastify from 'fastify'
import { drain } from 'drain-server'
import { answer } from '../application/answer.ts'
import { listening, options, port, withHooks } from '../application/settings.ts'
import { addUpgrades } from '../application/upgrades.ts'

const app = fastify()
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
app.all('/*', async (request, reply) => {
  const { type, body } = await answer(request.url, () => request.raw)
  return reply.type(type).send(body)
})
addUpgrades(app.server)

withHooks(drain(app, options))
await app.listen({ port, host: '127.0.0.1' })
listening()
