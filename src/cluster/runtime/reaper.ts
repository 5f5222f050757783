import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Ends what it was told of when the pipe from this process closes, which the system does however this process ends. It
 * must outlive the terminal's Ctrl-C, and has nothing else to do: a few lines of sh, a megabyte of memory.
 */
const program = `
groups=
while read -r verb group; do
  case $verb in
    add) groups="$groups $group" ;;
    drop) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
  esac
done
for g in $groups; do kill -KILL -"$g" 2>/dev/null; done
rm -rf -- "$0"
`

/** Sees to it that no container outlives this process, even when that is killed. */
export class Reaper {
  readonly #child: ChildProcess
  readonly #gone: Promise<void>

  /** @param folder removed in the end */
  constructor(folder: string) {
    this.#child = spawn('/bin/sh', ['-c', program, folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    })
    // Without a shell there is no such guard, and containers are ended by `stop` alone.
    this.#gone = new Promise((resolve) => {
      this.#child.once('error', () => resolve())
      this.#child.once('exit', () => resolve())
    })
    this.#child.stdin?.on('error', () => {})
    this.#child.unref()
  }

  /** From now on this process group ends with us. */
  add(groupId: number): void {
    this.#child.stdin?.write(`add ${groupId}\n`)
  }

  /** The group has ended: its number may come to mean another. */
  drop(groupId: number): void {
    this.#child.stdin?.write(`drop ${groupId}\n`)
  }

  /** Ends what is left, and itself. */
  async close(): Promise<void> {
    this.#child.stdin?.end()
    await this.#gone
  }
}
