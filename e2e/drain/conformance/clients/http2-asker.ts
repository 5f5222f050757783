import { connect } from 'node:http2'
import { lost } from './asker.ts'
import type { Asked } from './asker.ts'

/** A GET in a session of its own, by Node's HTTP/2 client. */
export function askHttp2(
  { port, secure, label }: { port: number; secure: boolean; label: string },
  path: string,
  headers: Record<string, string> = {},
): Asked {
  const log: string[] = []
  const session = connect(`${secure ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false })
  session.on('goaway', (code, lastStream) => log.push(`GOAWAY code ${code} last stream ${lastStream}`))
  const { promise, resolve } = Promise.withResolvers<string>()
  const stream = session.request({ ':path': path, ...headers })
  let body = ''
  let ended = false
  let failure: string | undefined
  const fail = (who: string, error: NodeJS.ErrnoException): void => {
    log.push(`${who}: ${error.code}`)
    // Of a connection that fails, the streams only tell that they were cancelled.
    if (who === 'session' || failure === undefined) failure = error.code
  }
  session.on('error', (error) => fail('session', error))
  stream.on('error', (error) => fail('stream', error))
  stream.setEncoding('utf8').on('data', (text: string) => (body += text))
  stream.on('end', () => (ended = true))
  stream.on('close', () => session.close())
  session.on('close', () => {
    const complete = ended && stream.rstCode === 0 && failure === undefined && body !== ''
    const answer = complete ? body : `${lost}${failure ?? `stream closed with ${stream.rstCode}`}`
    log.push(`${path}: ${answer}`)
    resolve(answer)
  })
  return { label, answered: promise, lines: () => log }
}
