import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { breakOff } from '../../../src/cluster/proxy/break-off.ts'
import { forward } from '../../../src/cluster/proxy/forward.ts'

const open: { destroy(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.destroy()
})

/** Both ends of a connection that may be half open. */
async function connection(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [[near]] = (await Promise.all([once(server, 'connection'), once(far, 'connect')])) as [[Socket], unknown]
  server.close()
  open.push(near, far)
  return { near, far }
}

/** The codes of the errors of a socket, when it is closed. */
function fateOf(socket: Socket): Promise<string[]> {
  const codes: string[] = []
  socket.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code ?? error.message))
  return new Promise((resolve) => {
    socket.once('close', () => resolve(codes))
  })
}

/** Whoever has read the other's end hears of a reset only by writing. */
async function isBroken(far: Socket): Promise<boolean> {
  const fate = fateOf(far)
  far.resume().write('still there?')
  const [code = ''] = await fate
  return ['ECONNRESET', 'EPIPE'].includes(code)
}

test.each<[what: string, before: (near: Socket) => unknown]>([
  ['nothing was sent', () => {}],
  ['its end is just being sent', (near) => near.end()],
  ['its last bytes and its end are just being sent', (near) => near.end('bye')],
  ['its end was sent', async (near) => once(near.end(), 'finish')],
  ['its last bytes cannot be sent', (near) => near.end(Buffer.alloc(32 * 1024 * 1024))],
])('a connection is broken off while %s', async (_, before) => {
  const { near, far } = await connection()
  const fate = fateOf(near)
  await before(near)
  breakOff(near)
  expect(await fate).toEqual([])
  expect(await isBroken(far)).toBe(true)
})

test.each<[who: string, other: string]>([
  ['pod', 'client'],
  ['client', 'pod'],
])('a %s that breaks off resets a %s to whom an end is just being sent', async (who) => {
  const [client, pod] = [await connection(), await connection()]
  const [broken, other] = who === 'pod' ? [pod, client] : [client, pod]
  forward(client.near, pod.near)
  const fate = fateOf(other.near)
  other.near.end()
  broken.near.destroy(new Error('broken off'))
  expect(await fate).toEqual([])
  expect(await isBroken(other.far)).toBe(true)
})
