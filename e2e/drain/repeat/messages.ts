/** What the run asks its balancer. Every request is answered by one message with the same id. */
export type BalancerRequest =
  /** Opens a front door. Answer: its port. */
  | { ask: 'open'; lane: number }
  /** New connections of the lane go to this backend, too. */
  | { ask: 'route'; lane: number; backend: number }
  /** After so long, new connections go to it no more; established ones stay. Answer: what was routed there. */
  | { ask: 'unroute'; lane: number; backend: number; afterMs: number }
  | { ask: 'close'; lane: number }

/** What a balancer knows of a backend when it routes there no more. */
export interface Routed {
  connections: number
  /** When the last connection was led there; wall clock. */
  lastAtMs: number | null
  /** When its first answer came back: the server has accepted it between the two. Null when none came. */
  lastAnsweredAtMs: number | null
}

/** What the run asks its load generator. */
export type LoadRequest =
  | { ask: 'begin'; lane: number; port: number; seed: number }
  /** Ends the lane's load; its last requests are waited for. Answer: the tallies. */
  | { ask: 'end'; lane: number }

/** closed: keep-alive clients that ask again when they were answered. open: a new connection at random times. */
export type LoadKind = 'closed' | 'open'

export interface Tally {
  sent: number
  answered: number
  /** Any error, and any answer but 200. */
  lost: number
  /** The first few, with the wall-clock time of the loss. */
  losses: { atMs: number; why: string }[]
}

export type Tallies = Record<LoadKind, Tally>
