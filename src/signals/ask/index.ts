/**
 * One bounded GET, for every signal: an address that may be asked, one connection to it, no redirect, a time and a size.
 */
export { type AddressPolicy, isAllowed } from './address-policy.ts'
export { type Answer, type Ask, type Asked, type AskOptions, createAsk } from './ask.ts'
