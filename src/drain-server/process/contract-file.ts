import { readFileSync } from 'node:fs'
import { DrainError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { termsFromObject } from './contract.ts'
import type { ContractTerms } from './contract.ts'

/**
 * A contract in a mounted file, such as a ConfigMap's: JSON with any of `delaySeconds`, `graceSeconds`,
 * `minDelaySeconds` and `maxDelaySeconds`. It is read when the server is adopted, so that a mistake is seen at once,
 * and read again at each drain start, so that what is mounted then counts. Other names in it are left alone.
 */
export class ContractFile {
  readonly #path: string
  readonly #logger: Logger
  /** The last good ones. */
  #terms: ContractTerms | undefined

  /**
   * A file that is not there states nothing, and may come later.
   * @throws DrainError ERR_DRAIN_OPTION when what is there cannot be read, or is no contract
   */
  constructor(path: string, logger: Logger) {
    this.#path = path
    this.#logger = logger
    this.#terms = readContract(path)
    if (this.#terms === undefined) logger.info({ path }, 'there is no contract file; it may come before the drain does')
  }

  /** The terms that the file states now; the last good ones, with a warning, when it has become worse. */
  read(): ContractTerms {
    try {
      const terms = readContract(this.#path)
      if (terms === undefined && this.#terms !== undefined) throw new Error('the file is gone')
      this.#terms = terms
    } catch (error) {
      const fields = { path: this.#path, error: String(error), terms: this.#terms ?? {} }
      this.#logger.warn(fields, 'the contract file has become useless: what it said before stays in force')
    }
    return this.#terms ?? {}
  }
}

/** @returns undefined when there is no such file */
function readContract(path: string): ContractTerms | undefined {
  const refuse = (problem: string): DrainError =>
    new DrainError('ERR_DRAIN_OPTION', `contract file ${path}: ${problem}`)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw refuse(`cannot be read: ${String(error)}`)
  }
  let contract: unknown
  try {
    contract = JSON.parse(text)
  } catch (error) {
    throw refuse(`is not JSON: ${String(error)}`)
  }
  if (typeof contract !== 'object' || contract === null || Array.isArray(contract)) throw refuse('is not a JSON object')
  return termsFromObject(contract, `contract file ${path}: `)
}
