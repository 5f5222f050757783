import type { Scenario, Variant } from '../scenario.ts'
import { drainkeeper, naive } from './policy.ts'

const textbook: Variant = {
  name: 'textbook',
  title: 'textbook: closes at SIGTERM',
  server: 'close-at-once',
  expect: 'losses',
}

export const http2Rollout: Scenario = {
  name: 'http2-rollout',
  title: 'A rolling restart under HTTP/2',
  about:
    'Few connections carry everything, so each one that breaks takes many requests with it, and nothing of what routing ' +
    'does reaches a connection that is open. A server has to say GOAWAY: its clients then finish there and begin ' +
    'elsewhere. Saying so and closing at once is not enough, since their new connections may still be sent to it.',
  replicas: 3,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'http2', ratePerSecond: 160, workMs: 40 },
  lag: { default: { kind: 'fixed', ms: 800 } },
  variants: [naive(), textbook, drainkeeper()],
}

export const grpcUnary: Scenario = {
  name: 'grpc-unary',
  title: 'A rolling restart under gRPC calls',
  about:
    'gRPC keeps its HTTP/2 connections for hours: calls fail with UNAVAILABLE when a pod takes its connection with it, ' +
    'and go on failing while the channel backs off from the pod that refuses it. With a drain the server sends GOAWAY ' +
    'while it still serves, and the channel has its next connection before it needs it.',
  replicas: 3,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'grpc-unary', ratePerSecond: 160, workMs: 40 },
  lag: { default: { kind: 'fixed', ms: 800 } },
  variants: [naive(), textbook, drainkeeper()],
}

export const grpcStreams: Scenario = {
  name: 'grpc-streams',
  title: 'Long gRPC streams',
  about:
    'A graceful stop waits for streams, and streams do not end: the pod hangs until kubelet kills it, and every stream ' +
    'breaks. Somebody has to end them, late enough for routing to have let go and early enough for the grace period. ' +
    'drain-server ends the streams that the application marks, one after the other; clients that come back lose nothing.',
  replicas: 3,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'grpc-stream', ratePerSecond: 6, workMs: 200, streamSeconds: 6 },
  lag: { default: { kind: 'fixed', ms: 300 } },
  variants: [
    naive(),
    {
      name: 'graceful-stop',
      title: 'textbook: graceful stop, 3 s of grace',
      server: 'close-at-once',
      terminationGracePeriodSeconds: 3,
      expect: 'losses',
    },
    drainkeeper(),
  ],
}

export const websockets: Scenario = {
  name: 'websockets',
  title: 'WebSockets',
  about:
    'An upgraded connection is no request that a server would wait for, and closing a server does not close it: it stays ' +
    'until kubelet kills the process, and its client sees 1006, a connection that broke without a word. A close frame ' +
    '1001 tells it to come back, and a message that was not answered is asked again there.',
  replicas: 3,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'websocket', ratePerSecond: 8, workMs: 200, streamSeconds: 6 },
  lag: { default: { kind: 'fixed', ms: 300 } },
  variants: [
    naive(),
    {
      name: 'server-close',
      title: 'textbook: server.close(), 3 s of grace',
      server: 'close-at-once',
      terminationGracePeriodSeconds: 3,
      expect: 'losses',
    },
    drainkeeper(),
  ],
}
