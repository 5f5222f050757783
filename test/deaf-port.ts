import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'

/** Tells its port, and never turns its event loop again. */
const program = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
  require('node:fs').writeSync(1, String(this.address().port))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

/** A port that lets nobody in and refuses nobody, as an address does that nobody has any more. Until the test is over. */
export async function deafPort(): Promise<number> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [told] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(told.toString())
  // The kernel lets two in for a backlog of one.
  for (let waiting = 0; waiting < 2; waiting += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
  }
  return port
}
