/** What the suite tells a target through its environment. */
import type { Drainer, DrainOptions } from 'drain-server'

export const port = Number(process.env['PORT'])
export const options = JSON.parse(process.env['OPTIONS'] ?? '{}') as DrainOptions
export const tls = { key: process.env['TLS_KEY'], cert: process.env['TLS_CERTIFICATE'] }

/** The suite waits for this line before it connects. */
export function listening(): void {
  console.log('listening')
}

/** The hooks that a case asks for: one that never ends, one that throws. */
export function withHooks(drainer: Drainer): Drainer {
  const hook = process.env['HOOK']
  if (hook === 'hang') drainer.onDrain(() => new Promise(() => undefined), { name: 'hangs' })
  if (hook === 'throw') {
    const fail = (): void => {
      throw new Error('the hook has a defect')
    }
    drainer.onDrain(fail, { name: 'throws' })
  }
  drainer.onDrain(() => console.log('last hook ran'), { name: 'last' })
  return drainer
}
