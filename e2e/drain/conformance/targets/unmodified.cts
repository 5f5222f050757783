/** The same as a CommonJS module. */
const { createServer } = require('node:http') as typeof import('node:http')

async function start(): Promise<void> {
  const { serve } = await import('../application/serve.ts')
  const { addUpgrades } = await import('../application/upgrades.ts')
  const server = addUpgrades(createServer(serve))
  server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('listening'))
}

void start()
