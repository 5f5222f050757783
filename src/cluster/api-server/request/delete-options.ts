import { invalid } from '../api-error.ts'
import type { FieldError } from '../kinds/index.ts'
import { type ApiRequest, integerOf, isTrue } from './api-request.ts'
import { readQuestion } from './body.ts'
import { unsupportedDryRun } from './options.ts'

/** How something is to be deleted. */
export interface DeleteOptions {
  readonly dryRun: boolean
  readonly gracePeriodSeconds: number | undefined
  readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' | undefined
  readonly orphanDependents: boolean | undefined
  readonly uid: string | undefined
  readonly resourceVersion: string | undefined
}

/** As a body or an eviction carries them. */
export interface SentDeleteOptions {
  gracePeriodSeconds?: number | null
  propagationPolicy?: string | null
  orphanDependents?: boolean | null
  preconditions?: { uid?: string | null; resourceVersion?: string | null } | null
  dryRun?: string[] | null
}

/** Reads them from the body, or else from the query. @throws ApiError */
export function deleteOptionsOf(request: ApiRequest): DeleteOptions {
  return checkedDeleteOptions(request.body === '' ? ofQuery(request.query) : (readQuestion(request) ?? {}))
}

/** @throws ApiError 422 for values that do not go together. */
export function checkedDeleteOptions(sent: SentDeleteOptions): DeleteOptions {
  const errors: FieldError[] = []
  const { propagationPolicy, orphanDependents } = sent
  if (propagationPolicy && orphanDependents !== undefined && orphanDependents !== null) {
    const message = `Invalid value: "${propagationPolicy}": orphanDependents and deletionPropagation cannot be both set`
    errors.push({ reason: 'FieldValueInvalid', field: 'propagationPolicy', message })
  }
  if (propagationPolicy && !['Background', 'Foreground', 'Orphan'].includes(propagationPolicy)) {
    const message = `Unsupported value: "${propagationPolicy}": supported values: "Foreground", "Background", "Orphan", "nil"`
    errors.push({ reason: 'FieldValueNotSupported', field: 'propagationPolicy', message })
  }
  const dryRun = sent.dryRun ?? []
  if (dryRun.some((value) => value !== 'All')) errors.push(unsupportedDryRun(dryRun))
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    gracePeriodSeconds: sent.gracePeriodSeconds ?? undefined,
    propagationPolicy: (propagationPolicy || undefined) as DeleteOptions['propagationPolicy'],
    orphanDependents: orphanDependents ?? undefined,
    uid: sent.preconditions?.uid ?? undefined,
    resourceVersion: sent.preconditions?.resourceVersion ?? undefined,
  }
}

function ofQuery(query: ApiRequest['query']): SentDeleteOptions {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, dryRun } = query
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: integerOf(gracePeriodSeconds) ?? 0 }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(orphanDependents === undefined ? {} : { orphanDependents: isTrue(orphanDependents) }),
    ...(dryRun === undefined ? {} : { dryRun: [dryRun] }),
  }
}
