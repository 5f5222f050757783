/** What a drained process exits with. Of several that apply, the last one here. */
export const exitCodes = {
  /** Everything accepted was answered, and every hook came to its end. */
  clean: 0,
  /** The deadline or a second signal cut something off, or a hook was abandoned. */
  forced: 1,
  /** An error that nobody caught came during the drain: EX_SOFTWARE of sysexits.h. */
  uncaughtError: 70,
  /** The watchdog ended a process whose event loop was stuck: as `timeout` does it. */
  stuck: 124,
} as const

export type ExitReason = keyof typeof exitCodes

export type ExitCodes = Record<ExitReason, number>
