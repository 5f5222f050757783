import { formatSeconds, type TargetStatus } from '../api/index.ts'
import type { ServiceFacts } from './projections.ts'

type ServiceStatus = NonNullable<TargetStatus['services']>[number]

/** What status says of each Service: how fast its EndpointSlice follows, and whether it can let go of a pod at all. */
export function serviceStatuses(
  services: readonly ServiceFacts[],
  apiToSliceMs: Readonly<Record<string, readonly number[]>>,
  known: readonly ServiceStatus[] = [],
): ServiceStatus[] {
  return services.slice(0, 32).map((service) => {
    const warning = warningOf(service)
    return {
      name: service.name,
      ...(timesOf(apiToSliceMs[service.name] ?? []) ?? timesOfStatus(known.find(({ name }) => name === service.name))),
      ...(warning === undefined ? {} : { warning }),
    }
  })
}

function timesOf(samples: readonly number[]): Pick<ServiceStatus, 'apiToSliceP50' | 'apiToSliceP99'> | undefined {
  if (samples.length === 0) return undefined
  const sorted = [...samples].sort((left, right) => left - right)
  const at = (percent: number): string =>
    formatSeconds((sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0) / 1000)
  return { apiToSliceP50: at(50), ...(sorted.length >= 100 ? { apiToSliceP99: at(99) } : {}) }
}

function timesOfStatus(known: ServiceStatus | undefined): Pick<ServiceStatus, 'apiToSliceP50' | 'apiToSliceP99'> {
  return {
    ...(known?.apiToSliceP50 === undefined ? {} : { apiToSliceP50: known.apiToSliceP50 }),
    ...(known?.apiToSliceP99 === undefined ? {} : { apiToSliceP99: known.apiToSliceP99 }),
  }
}

function warningOf(service: ServiceFacts): string | undefined {
  if (service.publishNotReadyAddresses) {
    return 'publishNotReadyAddresses is set: routing never lets go of a terminating pod'
  }
  if (service.headless) return 'headless: clients resolve pods by DNS, and keep an address for as long as they cache it'
  return undefined
}
