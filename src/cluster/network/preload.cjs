// Loaded into every Node process of a pod (NODE_OPTIONS=--require), before its program. A pod has an address of its own
// and all of its ports are free; here a hundred pods share one machine. So whoever listens on "any address" listens on
// the pod's address instead. Other addresses, unix sockets and inherited handles are left alone.
//
// POD_IP     the pod's address
// POD_PORTS  set where the machine has only one loopback address: the pod then listens on a free port of 127.0.0.1, and
//            leaves a link `POD_PORTS/<port it asked for>` that points to it
//
// Plain CommonJS: it runs in each container's start, in any Node since 18, and must cost nothing.
'use strict'
const { readlinkSync, renameSync, symlinkSync, unlinkSync } = require('node:fs')
const { Server } = require('node:net')
const { join } = require('node:path')

const podIp = process.env.POD_IP
const portsFolder = process.env.POD_PORTS
const anyAddress = [undefined, null, '', '0.0.0.0', '::', '[::]']

/** The options of a call of listen() that asks for a port of any address; undefined for any other call. */
function portOfAnyAddress([first, ...rest]) {
  if (typeof first === 'object' && first !== null) {
    const elsewhere = first.path !== undefined || first.fd !== undefined || first._handle !== undefined
    return elsewhere || first.handle !== undefined || !anyAddress.includes(first.host) ? undefined : { ...first }
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return undefined
  const host = typeof rest[0] === 'string' ? rest[0] : undefined
  const backlog = rest.find((argument) => typeof argument === 'number')
  return anyAddress.includes(host) ? { port: typeof first === 'function' ? 0 : Number(first ?? 0), backlog } : undefined
}

/** Tells under which port of the pod this server can be found. */
function publish(server, askedPort) {
  const actualPort = Server.prototype.address.call(server).port
  const port = askedPort || actualPort
  const link = join(portsFolder, String(port))
  const draft = `${link}.${process.pid}`
  symlinkSync(String(actualPort), draft)
  renameSync(draft, link)
  server.address = () => ({ address: podIp, family: 'IPv4', port })
  server.once('close', () => {
    delete server.address
    try {
      if (readlinkSync(link) === String(actualPort)) unlinkSync(link)
    } catch {
      // The pod's folder is gone, and the pod with it.
    }
  })
}

if (podIp !== undefined) {
  const { listen } = Server.prototype
  Server.prototype.listen = function (...args) {
    const options = portOfAnyAddress(args)
    if (options === undefined) return listen.apply(this, args)
    const callback = args.at(-1)
    const callbacks = typeof callback === 'function' ? [callback] : []
    if (portsFolder === undefined) return listen.call(this, { ...options, host: podIp }, ...callbacks)
    this.once('listening', () => publish(this, Number(options.port)))
    return listen.call(this, { ...options, host: '127.0.0.1', port: 0 }, ...callbacks)
  }
}
