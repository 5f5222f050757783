import { answerAdmin, isAdminPath, isGuarded, tokenCheck } from './routes.ts'
import type { AdminRequest, AdminResponse, AdminSubject } from './routes.ts'

export type { AdminRequest, AdminResponse }

/**
 * Answers health, admin and metrics on a server of the application's own. Fits as a middleware of express and nest.
 * @returns false when the request is none of its own: then it is untouched, and `next` has been called where there is one
 */
export type AdminHandler = (request: AdminRequest, response: AdminResponse, next?: () => void) => boolean

export interface AdminHandlerOptions {
  /**
   * What stands before the paths, such as `/internal` for `/internal/health/ready`.
   * @default '', no prefix
   */
  basePath?: string
}

/**
 * The admin routes for a server that others than kubelet reach. So `/admin/*` is there only with a token: without
 * one it is none of the handler's own.
 */
export function createAdminHandler(
  subject: AdminSubject,
  token: string | undefined,
  { basePath = '' }: AdminHandlerOptions = {},
): AdminHandler {
  const authorized = tokenCheck(token)
  const prefix = basePath.replace(/\/+$/, '')
  return (request, response, next) => {
    const { path, query } = requestTarget(request.url)
    const ownPath = path.startsWith(prefix) ? path.slice(prefix.length) : ''
    if (isAdminPath(ownPath) && (token !== undefined || !isGuarded(ownPath))) {
      answerAdmin(request, response, { path: ownPath, query }, subject, authorized)
      return true
    }
    next?.()
    return false
  }
}

/** Splits a request's URL, which may be in absolute form, as proxies send it. */
export function requestTarget(url = ''): { path: string; query: string } {
  const [target = ''] = url.replace(/^https?:\/\/[^/?#]*/i, '').split('#', 1)
  const at = target.indexOf('?')
  return at === -1 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) }
}
