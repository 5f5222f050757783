declare module 'stoppable' {
  import type { Server } from 'node:http'
  export default function stoppable(
    server: Server,
    graceMs?: number,
  ): Server & { stop: (callback?: (error: Error | undefined, gracefully: boolean) => void) => void }
}
