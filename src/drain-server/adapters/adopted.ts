import { Server as NetServer } from 'node:net'
import { DrainError } from '../errors.ts'

/** In the registry of symbols, so that a second copy of this library in the process (a bundle) knows it, too. */
const mark = Symbol.for('drain-server.adopted')

/** Whether the server is being taken care of by a drain. */
export function isAdopted(server: NetServer): boolean {
  return Object.hasOwn(server, mark)
}

/**
 * Marks a server as adopted: two drains of one server would count and close everything twice.
 *
 * @param leftToDrain is asked when the application calls close() on the listening server: whether a drain is under way,
 * which closes the listener in its own time
 * @returns a function that takes the mark away
 * @throws DrainError ERR_DRAIN_ADOPTED
 */
export function claim(server: NetServer, leftToDrain: () => boolean = () => false): () => void {
  if (isAdopted(server)) throw new DrainError('ERR_DRAIN_ADOPTED', 'this server is drained already; drain() it once')
  Object.defineProperty(server, mark, { configurable: true, value: true })
  const restoreClose = gateClose(server, leftToDrain)
  return () => {
    Reflect.deleteProperty(server, mark)
    restoreClose()
  }
}

/**
 * An application's own ending calls close(), at SIGTERM often. Before the drain closes the listener, that would refuse what
 * routing still sends, unseen by the report. Afterwards it is what the application wanted, and no error
 * (ERR_SERVER_NOT_RUNNING) that makes it exit with 1. As ever, it calls back when the last connection is gone: an
 * application that closes its pools then, or exits, would cut off what is in flight.
 */
function gateClose(server: NetServer, leftToDrain: () => boolean): () => void {
  const own = Object.getOwnPropertyDescriptor(server, 'close')
  const close = server.close.bind(server)
  let listened = server.listening
  const onListening = (): void => void (listened = true)
  server.prependListener('listening', onListening)
  server.close = (done) => {
    if (server.listening && leftToDrain()) {
      // A turn later the report is written, where no hook runs: the callback may exit.
      if (done !== undefined) server.once('close', () => setImmediate(done))
      return server
    }
    if (!listened || server.listening) return close(done)
    // The one of node:net: node:http's would destroy idle connections, on which a request may be on its way.
    return NetServer.prototype.close.call(server, done && (() => done()))
  }
  return () => {
    server.off('listening', onListening)
    if (own === undefined) Reflect.deleteProperty(server, 'close')
    else Object.defineProperty(server, 'close', own)
  }
}
