/**
 * What Kubernetes' names have to be. Each function gives the reasons why a name is none, in the API server's words.
 */
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`
const oldLabel = '[a-z]([-a-z0-9]*[a-z0-9])?'
const key = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const value = `(${key})?`
const percent = '[0-9]+%'
const configKey = '[-._a-zA-Z0-9]+'

const allowed =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

export function labelName(name: string): string[] {
  const problems = name.length > 63 ? [atMost(63)] : []
  if (matches(label, name)) return problems
  if (matches(subdomain, name)) return [...problems, 'must not contain dots']
  const what =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
  return [...problems, regexError(what, label, 'my-name', '123-abc')]
}

export function subdomainName(name: string): string[] {
  const what =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
  return [
    ...(name.length > 253 ? [atMost(253)] : []),
    ...(matches(subdomain, name) ? [] : [regexError(what, subdomain, 'example.com')]),
  ]
}

/** The older rule for labels: they start with a letter. */
export function oldLabelName(name: string): string[] {
  const what =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
  return [
    ...(name.length > 63 ? [atMost(63)] : []),
    ...(matches(oldLabel, name) ? [] : [regexError(what, oldLabel, 'my-name', 'abc-123')]),
  ]
}

/** What only has to be part of a path. */
export function pathName(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((sign) => name.includes(sign)).map((sign) => `may not contain '${sign}'`)
}

/** The key of a label or annotation, or a finalizer: `example.com/name`. */
export function qualifiedName(name: string): string[] {
  const [first = '', second, ...more] = name.split('/')
  if (more.length > 0) {
    const what = regexError(`a valid label key ${allowed}`, key, 'MyName', 'my.name', '123-abc')
    return [`${what} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const [prefix, part] = second === undefined ? [undefined, first] : [first, second]
  return [
    ...(prefix === undefined ? [] : prefixProblems(prefix).map((problem) => `prefix part ${problem}`)),
    ...(part === '' ? ['name part must be non-empty'] : part.length > 63 ? [`name part ${atMost(63)}`] : []),
    ...(matches(key, part) ? [] : [`name part ${regexError(allowed, key, 'MyName', 'my.name', '123-abc')}`]),
  ]
}

function prefixProblems(prefix: string): string[] {
  return prefix === '' ? ['must be non-empty'] : subdomainName(prefix)
}

export function labelValue(text: string): string[] {
  const what = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`
  return [
    ...(Buffer.byteLength(text) > 63 ? ['must be no more than 63 bytes'] : []),
    ...(matches(value, text) ? [] : [regexError(what, value, 'MyValue', 'my_value', '12345')]),
  ]
}

export function percentage(text: string): string[] {
  const what = "a valid percent string must be a numeric string followed by an ending '%'"
  return matches(percent, text) ? [] : [regexError(what, percent, '1%', '93%')]
}

export function configMapKey(name: string): string[] {
  const what = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
  return [
    ...(name.length > 253 ? [atMost(253)] : []),
    ...(matches(configKey, name) ? [] : [regexError(what, configKey, 'key.name', 'KEY_NAME', 'key-name')]),
    ...ofPath(name),
  ]
}

/** It becomes the name of a file. */
function ofPath(name: string): string[] {
  if (name === '.' || name === '..') return [`must not be '${name}'`]
  return name.startsWith('..') ? ["must not start with '..'"] : []
}

export function environmentName(name: string): string[] {
  const printable = /^[\x20-\x3c\x3e-\x7e]+$/.test(name)
  return printable
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

export function portName(name: string): string[] {
  return [
    ...(name.length > 15 ? [atMost(15)] : []),
    ...(/^[-a-z0-9]+$/.test(name) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(name) ? [] : ['must contain at least one letter (a-z)']),
    ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/.test(name) ? ['must not begin or end with a hyphen'] : []),
  ]
}

export function portNumber(port: number): string[] {
  return port >= 1 && port <= 65_535 ? [] : [between(1, 65_535)]
}

export function between(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`
}

function atMost(length: number): string {
  return `must be no more than ${length} characters`
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text)
}

function regexError(what: string, pattern: string, ...examples: readonly string[]): string {
  // The separator of the API server has a space too many.
  const list = examples.map((example) => `'${example}', `).join(' or ')
  return `${what} (e.g. ${list}regex used for validation is '${pattern}')`
}
