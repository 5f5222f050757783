import express from 'express'
import { drain } from 'drain-server'
import { answer } from '../application/answer.ts'
import { listening, options, port, withHooks } from '../application/settings.ts'
import { addUpgrades } from '../application/upgrades.ts'

const app = express()
app.use(async (request, response) => {
  const { type, body } = await answer(request.url, () => request)
  response.type(type)
  if (typeof body === 'string') response.send(body)
  else body.pipe(response).on('close', () => body.destroy())
})

const server = addUpgrades(app.listen(port, '127.0.0.1', listening))
withHooks(drain(server, options))
