/** The clients of every lane, node:http's own, in a process of their own. A request that is lost is not tried again. */
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerRequests } from './asked-process.ts'
import type { LoadKind, LoadRequest, Tallies, Tally } from './messages.ts'
import { seededRandom } from '../../../src/cluster/seeded-random.ts'

const closedClients = 4
const thinkMs = 8
/** Of the open loop, whose requests come at random (Poisson), each on a connection of its own. */
const meanIntervalMs = 10
const longestRequestMs = 20
const timeoutMs = 5000
const lossesShown = 5

interface Lane {
  port: number
  random: () => number
  ended: boolean
  tallies: Tallies
  loops: Promise<void>[]
}

const lanes = new Map<number, Lane>()

answerRequests(async (request: LoadRequest) => {
  if (request.ask === 'begin') {
    const { port, seed } = request
    const lane: Lane = { port, random: seededRandom(seed), ended: false, tallies: noTallies(), loops: [] }
    lanes.set(request.lane, lane)
    lane.loops = [...Array.from({ length: closedClients }, () => closedLoop(lane)), openLoop(lane)]
    return undefined
  }
  const lane = lanes.get(request.lane)
  if (lane === undefined) throw new Error(`lane ${request.lane} has no load`)
  lane.ended = true
  await Promise.all(lane.loops)
  lanes.delete(request.lane)
  return lane.tallies
})

/** Asks again a moment after it was answered, on the same connection as long as the server keeps it. */
async function closedLoop(lane: Lane): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (!lane.ended) {
    await ask(lane, 'closed', agent)
    await sleep(thinkMs * lane.random())
  }
  agent.destroy()
}

/** Asks at its times whether earlier requests were answered or not: a slow server cannot hide a loss. */
async function openLoop(lane: Lane): Promise<void> {
  const agent = new Agent({ keepAlive: false, maxSockets: Infinity })
  const pending = new Set<Promise<void>>()
  let dueMs = performance.now()
  while (!lane.ended) {
    dueMs -= meanIntervalMs * Math.log(1 - lane.random())
    await sleep(Math.max(0, dueMs - performance.now()))
    const asked = ask(lane, 'open', agent)
    pending.add(asked)
    void asked.then(() => pending.delete(asked))
  }
  await Promise.all(pending)
}

/** One request; resolves when it is answered or lost. */
async function ask(lane: Lane, kind: LoadKind, agent: Agent): Promise<void> {
  const tally = lane.tallies[kind]
  tally.sent += 1
  try {
    await answered(lane.port, agent, Math.floor(lane.random() * longestRequestMs))
    tally.answered += 1
  } catch (error) {
    tally.lost += 1
    if (tally.losses.length < lossesShown) tally.losses.push({ atMs: Date.now(), why: String(error) })
  }
}

function answered(port: number, agent: Agent, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = httpRequest(
      { port, host: '127.0.0.1', agent, path: `/${milliseconds}`, timeout: timeoutMs },
      (response) => {
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200 && response.complete) resolve()
          else reject(new Error(`answered ${response.statusCode}`))
        })
        response.resume()
      },
    )
    asking.on('error', reject)
    asking.on('timeout', () => asking.destroy(new Error('timeout')))
    asking.end()
  })
}

function noTallies(): Tallies {
  const none = (): Tally => ({ sent: 0, answered: 0, lost: 0, losses: [] })
  return { closed: none(), open: none() }
}
