/** Service proxies: one per node, real sockets, with a programming lag that is a setting. */
export { drawLagMs, lagOf, lagQuantileMs } from './draw-lag.ts'
export type { Lag, LagModel } from './lag.ts'
export type { Programming } from './programming.ts'
export { type ProxyAddress, ServiceProxy, type ServiceProxyOptions } from './service-proxy.ts'
export type { EndpointUse } from './service-table.ts'
