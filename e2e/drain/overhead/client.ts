/**
 * The load, in a process of its own: `client.ts KIND PORT`. Each message over IPC asks for so many requests, sent in a
 * closed loop, and is answered when all were answered.
 */
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { Client, credentials } from '@grpc/grpc-js'
import { echoService } from './echo-service.ts'

export type LoadKind = 'http1' | 'connections' | 'http2' | 'grpc' | 'idle'

const concurrency = 16
const [kind, portText] = process.argv.slice(2) as [LoadKind, string]
const port = Number(portText)
const request = 'GET /path?query=1 HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench\r\nAccept: */*\r\n'

/** Calls `one` so often in all, from as many loops as the concurrency allows. */
async function closedLoop(count: number, one: (loop: number) => Promise<void>): Promise<void> {
  let left = count
  const loop = async (index: number): Promise<void> => {
    while (left > 0) {
      left -= 1
      await one(index)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, index) => loop(index)))
}

/** Responses are told apart by their end: a body of `ok` after the head. */
async function answered(socket: Socket): Promise<void> {
  for (let text = ''; !text.endsWith('\r\n\r\nok'); ) text += String((await once(socket, 'data'))[0])
}

/** A handler of its own instead of `once`, so that the client keeps up with the fastest server. */
async function keepAlive(): Promise<(count: number) => Promise<void>> {
  const sockets = await Promise.all(Array.from({ length: concurrency }, () => open()))
  return (count) =>
    new Promise((resolve, reject) => {
      let unsent = count
      let unanswered = count
      for (const socket of sockets) {
        socket.removeAllListeners('data')
        socket.on('close', () => reject(new Error('the server closed a connection')))
        socket.on('data', (bytes: Buffer) => {
          if (bytes.at(-1) !== 0x6b || bytes.at(-2) !== 0x6f) return
          unanswered -= 1
          if (unanswered === 0) resolve()
          if (unsent > 0) send(socket)
        })
        send(socket)
      }
      function send(socket: Socket): void {
        unsent -= 1
        socket.write(`${request}\r\n`)
      }
    })
}

async function open(localAddress?: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...(localAddress && { localAddress }) })
  await once(socket, 'connect')
  return socket
}

async function oneConnection(): Promise<void> {
  const socket = await open()
  socket.write(`${request}Connection: close\r\n\r\n`)
  await answered(socket)
  await once(socket, 'close')
}

/** Opens so many connections, each of which brings one request and then stays. */
async function idleConnections(count: number): Promise<void> {
  const batch = 100
  for (let opened = 0; opened < count; opened += batch) {
    const localAddress = `127.0.0.${2 + Math.floor(opened / 2000)}`
    const one = async (): Promise<void> => {
      const socket = await open(localAddress)
      socket.write(`${request}\r\n`)
      await answered(socket)
    }
    await Promise.all(Array.from({ length: Math.min(batch, count - opened) }, one))
  }
}

async function http2(): Promise<(count: number) => Promise<void>> {
  const sessions: ClientHttp2Session[] = []
  for (let index = 0; index < 2; index += 1) sessions.push(connectHttp2(`http://127.0.0.1:${port}`))
  await Promise.all(sessions.map((session) => once(session, 'connect')))
  return (count) =>
    closedLoop(count, async (loop) => {
      const stream = sessions[loop % sessions.length]?.request({ ':path': '/path?query=1' })
      stream?.resume()
      if (stream !== undefined) await once(stream, 'close')
      if (stream?.rstCode !== 0) throw new Error('a stream was reset')
    })
}

function grpc(): (count: number) => Promise<void> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const { path, requestSerialize, responseDeserialize } = echoService.echo
  const bytes = Buffer.from('ok')
  const call = (): Promise<void> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, (error) =>
        error === null ? resolve() : reject(error),
      )
    })
  return (count) => closedLoop(count, call)
}

const loads: Record<LoadKind, () => ((count: number) => Promise<void>) | Promise<(count: number) => Promise<void>>> = {
  http1: keepAlive,
  connections: () => (count) => closedLoop(count, oneConnection),
  http2,
  grpc,
  idle: () => idleConnections,
}

const load = await loads[kind]()
process.on('message', ({ count }: { count: number }) => {
  load(count).then(
    () => process.send?.({ done: true }),
    (error: Error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })
