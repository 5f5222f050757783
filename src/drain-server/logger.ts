/**
 * What drain-server logs to: the part of pino's interface that it uses, so that a pino logger fits as it is. The
 * message is constant, the data is in the fields.
 */
export interface Logger {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** One line of JSON for each entry. */
export function jsonLogger(writeLine: (line: string) => void): Logger {
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    writeLine(`${JSON.stringify({ level, message, ...fields })}\n`)
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
