import { silent, type Silent } from '../signal.ts'

/** `data` of a Secret: values in base64. */
export type SecretData = Readonly<Record<string, string>>

export interface Credentials {
  readonly kind: 'credentials'
  readonly authorization: string
}

/**
 * The header that a Secret stands for: `token`, else `username` and `password`. A line feed at the end of a value, as
 * editors leave it, is not part of it.
 */
export function credentialsOf(data: SecretData): Credentials | Silent {
  const token = decoded(data['token'])
  if (token !== undefined) {
    if (!/^[\x21-\x7e]+$/.test(token))
      return silent('NotConfigured', 'the token in the Secret cannot stand in a header')
    return { kind: 'credentials', authorization: `Bearer ${token}` }
  }
  const [username, password] = [decoded(data['username']), decoded(data['password'])]
  if (username === undefined || password === undefined) {
    return silent('NotConfigured', 'the Secret has neither token nor username and password')
  }
  if (username.includes(':')) return silent('NotConfigured', 'the username in the Secret contains a colon')
  const pair = Buffer.from(`${username}:${password}`, 'utf8').toString('base64')
  return { kind: 'credentials', authorization: `Basic ${pair}` }
}

function decoded(value: string | undefined): string | undefined {
  return value === undefined
    ? undefined
    : Buffer.from(value, 'base64')
        .toString('utf8')
        .replace(/\r?\n$/, '')
}
