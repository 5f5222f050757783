import { WebSocket } from 'ws'
import type { LoadSpec } from '../load-spec.ts'
import { authorityOf } from './authority.ts'
import type { Client, ClientSurroundings } from './client.ts'
import { Conversation, type Line, type LineEnd, type LineEvents } from './conversation.ts'
import { conversationShape } from './conversation-shape.ts'
import { USER_AGENT } from './user-agent.ts'

/** Closes by which a server sends its clients elsewhere: going away, and service restart (RFC 6455, and IANA). */
const GOODBYES = new Set([1000, 1001, 1012])
const NO_CLOSE_FRAME = 1006

/** WebSockets: each attempt is a conversation over a connection of its own. */
export function websocketClient(spec: LoadSpec, surroundings: ClientSurroundings): Client {
  const url = `ws://${authorityOf(spec.target)}${spec.target.path}`
  const open = new Set<Conversation>()
  let lastId = 0
  return {
    begin(settle) {
      if (open.size >= spec.connections) return null
      const conversation = new Conversation(
        (events) => websocketLine(++lastId, url, events),
        conversationShape(spec),
        surroundings,
        (outcome) => {
          open.delete(conversation)
          settle(outcome)
          surroundings.available()
        },
      )
      open.add(conversation)
      const cancel = () => {
        conversation.cancel()
        if (open.delete(conversation)) surroundings.available()
      }
      return { connectionId: conversation.line.connectionId, reused: false, cancel }
    },
    close() {},
    abort() {
      for (const conversation of open) conversation.cancel()
    },
  }
}

function websocketLine(connectionId: number, url: string, events: LineEvents): Line {
  const socket = new WebSocket(url, { perMessageDeflate: false, headers: { 'user-agent': USER_AGENT } })
  const waiting: number[] = []
  let finishing = false
  let errorCode: string | null = null
  let over = false
  const end = (how: LineEnd) => {
    if (over) return
    over = true
    events.over(how)
  }
  const finish = () => {
    finishing = true
    socket.close(1000)
  }
  socket.on('upgrade', ({ headers }) => {
    if (typeof headers['x-pod'] === 'string') events.pod(headers['x-pod'])
  })
  socket.on('unexpected-response', (request, { statusCode = 0 }) => {
    request.destroy()
    end({ kind: 'refused', status: statusCode })
  })
  socket.on('open', () => {
    for (const message of waiting.splice(0)) socket.send(String(message))
  })
  socket.on('message', (data: Buffer) => events.heard(Number(data.toString())))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    errorCode ??= error.code ?? null
  })
  socket.on('close', (code) => {
    if (GOODBYES.has(code)) end({ kind: finishing ? 'finished' : 'goodbye' })
    else end({ kind: 'broken', errorCode: code === NO_CLOSE_FRAME && errorCode !== null ? errorCode : `WS_${code}` })
  })
  return {
    connectionId,
    reused: false,
    say(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(String(message))
      else if (socket.readyState === WebSocket.CONNECTING) waiting.push(message)
    },
    finish,
    cut: () => socket.terminate(),
  }
}
