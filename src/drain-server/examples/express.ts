import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { drain, requestSignal } from 'drain-server'

const app = express()

app.get('/', (_request, response) => {
  response.send('hello\n')
})

/** Work of its own length, which gives up in time to say so when the drain deadline comes. */
app.get('/slow', async (request, response) => {
  try {
    await sleep(Number(request.query['ms'] ?? 1000), undefined, { signal: requestSignal(request) })
    response.send('done\n')
  } catch {
    response.status(503).send('draining\n')
  }
})

const server = createServer(app)
drain(server)
server.listen(Number(process.env['PORT'] ?? 8080))
