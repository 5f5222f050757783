/** The same as a CommonJS module. */
const { createServer } = require('node:http') as typeof import('node:http')
const { serve } = require('../application/serve.ts') as typeof import('../application/serve.ts')
const { addUpgrades } = require('../application/upgrades.ts') as typeof import('../application/upgrades.ts')

const server = addUpgrades(createServer(serve))
server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('listening'))
