/**
 * What every target serves, whatever its framework: each route is one way in which a request can be under way when a
 * drain begins. `until` is a file that the suite creates to let go of a request; `<until>.begun` tells the suite that
 * the request is being served. No route depends on how long anything takes.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Reply {
  type: string
  body: string | Readable
}

/**
 * - /now at once; /hold when it is let go; /stream its head and first bytes at once, the rest when it is let go
 * - /upload when its body is complete, with the length; /sse events for ever
 * - /block keeps the event loop busy until it is let go; /stuck does so for ever when it is let go; /crash answers, then throws where nothing catches it
 */
export async function answer(
  url: string,
  bodyOf: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Reply> {
  const { pathname, searchParams } = new URL(url, 'http://application')
  const until = searchParams.get('until') ?? ''
  if (until !== '') writeFileSync(`${until}.begun`, '')
  const text = (body: string | Readable): Reply => ({ type: 'text/plain', body })
  switch (pathname) {
    case '/hold':
      await created(until)
      break
    case '/stream':
      return text(Readable.from(inTwoParts(until)))
    case '/sse':
      return { type: 'text/event-stream', body: Readable.from(events()) }
    case '/upload': {
      let length = 0
      for await (const bytes of bodyOf()) length += bytes.length
      return text(`ok ${length}`)
    }
    case '/block':
      while (!existsSync(until)) blockFor(5)
      break
    case '/stuck':
      await created(until)
      for (;;) blockFor(1000)
    case '/crash':
      setImmediate(() => {
        throw new Error('the application has a defect')
      })
      break
  }
  return text(`ok ${pathname}`)
}

async function created(file: string): Promise<void> {
  while (!existsSync(file)) await sleep(5)
}

async function* inTwoParts(until: string): AsyncGenerator<string> {
  yield 'begun '
  await created(until)
  yield 'ok /stream'
}

async function* events(): AsyncGenerator<string> {
  for (let number = 0; ; number += 1) {
    yield `data: ${number}\n\n`
    await sleep(20)
  }
}

/** Stands still without using the processor. */
function blockFor(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs)
}
