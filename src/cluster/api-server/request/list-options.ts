import { badRequest, invalid, unknownFailure } from '../api-error.ts'
import type { FieldError } from '../kinds/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import { type ApiRequest, integerOf, isTrue } from './api-request.ts'
import { type FieldSelector, parseFieldSelector } from './field-selector.ts'
import { type LabelQuery, parseLabelSelector } from './label-selector.ts'

/** What a list or watch asks for. */
export interface ListOptions {
  readonly labels: LabelQuery
  readonly fields: FieldSelector
  /** Absent for any; 0 for whatever is there. */
  readonly resourceVersion: number | undefined
  readonly match: 'Exact' | 'NotOlderThan' | undefined
  readonly limit: number
  readonly continue: string | undefined
  readonly sendInitialEvents: boolean | undefined
  readonly allowBookmarks: boolean
  readonly timeoutSeconds: number | undefined
}

/**
 * Reads the query of a list or watch.
 * @throws ApiError for selectors that cannot be read (400), and for options that do not go together (422).
 */
export function listOptionsOf(request: ApiRequest, resource: ServedResource, isWatch: boolean): ListOptions {
  const { query } = request
  const errors = (isWatch ? watchErrors : listErrors)(query)
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
  return {
    labels: parseLabelSelector(query['labelSelector'] ?? ''),
    fields: parseFieldSelector(query['fieldSelector'] ?? '', resource.kind),
    resourceVersion: listVersionOf(query['resourceVersion'], isWatch),
    match: (query['resourceVersionMatch'] || undefined) as ListOptions['match'],
    limit: integerOf(query['limit']) ?? 0,
    continue: query['continue'] || undefined,
    sendInitialEvents: query['sendInitialEvents'] === undefined ? undefined : isTrue(query['sendInitialEvents']),
    allowBookmarks: query['allowWatchBookmarks'] !== undefined && isTrue(query['allowWatchBookmarks']),
    timeoutSeconds: integerOf(query['timeoutSeconds']) || undefined,
  }
}

function listVersionOf(text: string | undefined, isWatch: boolean): number | undefined {
  try {
    return versionOf(text)
  } catch (error) {
    if (isWatch) throw error
    throw badRequest(`invalid resource version: ${(error as Error).message}`)
  }
}

/** @throws ApiError 500 for what is no version. */
export function versionOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (/^\d+$/.test(text)) return Number(text)
  const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`
  throw unknownFailure(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${why}`)
}

function listErrors(query: ApiRequest['query']): FieldError[] {
  const { resourceVersion = '', resourceVersionMatch: match = '', continue: token = '' } = query
  const errors: FieldError[] = []
  if (match !== '') {
    if (resourceVersion === '') {
      errors.push(forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided'))
    }
    if (token !== '') errors.push(forbidden('resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(unsupported(match, '"Exact", "NotOlderThan", ""'))
    }
    if (match === 'Exact' && resourceVersion === '0') {
      errors.push(forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    }
  }
  if (query['sendInitialEvents'] !== undefined) {
    errors.push({ ...forbidden('sendInitialEvents is forbidden for list'), field: 'sendInitialEvents' })
  }
  return errors
}

function watchErrors(query: ApiRequest['query']): FieldError[] {
  const { resourceVersionMatch: match = '', sendInitialEvents, continue: token = '' } = query
  const errors: FieldError[] = []
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  }
  if (match !== '') {
    if (sendInitialEvents === undefined) {
      errors.push(forbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
    }
    if (match !== 'NotOlderThan') errors.push(unsupported(match, '"NotOlderThan"'))
    if (token !== '') errors.push(forbidden('resourceVersionMatch is forbidden when continue is provided'))
  }
  return errors
}

function forbidden(why: string): FieldError {
  return { reason: 'FieldValueForbidden', field: 'resourceVersionMatch', message: `Forbidden: ${why}` }
}

function unsupported(value: string, supported: string): FieldError {
  const message = `Unsupported value: "${value}": supported values: ${supported}`
  return { reason: 'FieldValueNotSupported', field: 'resourceVersionMatch', message }
}
