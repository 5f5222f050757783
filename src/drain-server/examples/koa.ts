import { setTimeout as sleep } from 'node:timers/promises'
import Koa from 'koa'
import { drain } from 'drain-server'

const app = new Koa()

app.use(async (context) => {
  if (context.path === '/slow') await sleep(1000)
  context.body = `hello from ${context.path}\n`
})

drain(app.listen(Number(process.env['PORT'] ?? 8080)))
