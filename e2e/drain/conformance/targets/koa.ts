import Koa from 'koa'
import { drain } from 'drain-server'
import { answer } from '../application/answer.ts'
import { listening, options, port, withHooks } from '../application/settings.ts'
import { addUpgrades } from '../application/upgrades.ts'

const app = new Koa()
app.use(async (context) => {
  const { type, body } = await answer(context.url, () => context.req)
  context.type = type
  context.body = body
})

const server = addUpgrades(app.listen(port, '127.0.0.1', listening))
withHooks(drain(server, options))
