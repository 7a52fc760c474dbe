/** Whose requests these are: fixed keys, or a provider asked again before its keys expire. */

import type { Credentials } from '@lading/protocol'
import { withSignal } from './abort.ts'

export type { Credentials } from '@lading/protocol'

/** Keys that end, as STS gives them. */
export interface ExpiringCredentials extends Credentials {
  /** Without it the keys are kept until the service refuses them. */
  readonly expiration?: Date | undefined
}

/** Called again shortly before the keys expire and whenever the service says they have. */
export type CredentialsProvider = () => Promise<ExpiringCredentials>

/** Milliseconds before their end at which keys are replaced: a request may take a while to arrive. */
const REFRESH_AHEAD_MS = 60_000

export interface CredentialsSource {
  get(signal: AbortSignal | undefined): Promise<Credentials>
  /** Tells that the service refused `used`. `true` when the next `get` may bring others. */
  refuse(used: Credentials): boolean
}

export function credentialsSource(
  credentials: Credentials | CredentialsProvider,
  now: () => number = Date.now,
): CredentialsSource {
  return typeof credentials === 'function'
    ? new ProvidedCredentials(credentials, now)
    : { get: async () => credentials, refuse: () => false }
}

/** Asks once for all who wait: parallel parts must not each fetch a token. */
class ProvidedCredentials implements CredentialsSource {
  readonly #provider: CredentialsProvider
  readonly #now: () => number
  #current: ExpiringCredentials | undefined
  #pending: Promise<ExpiringCredentials> | undefined

  constructor(provider: CredentialsProvider, now: () => number) {
    this.#provider = provider
    this.#now = now
  }

  async get(signal: AbortSignal | undefined): Promise<Credentials> {
    const current = this.#current
    if (current && !this.#endsWithin(current, REFRESH_AHEAD_MS)) return current
    this.#pending ??= this.#ask()
    return withSignal(this.#pending, signal)
  }

  refuse(used: Credentials): boolean {
    // Another request may have replaced them already: then those are to be tried, not thrown away.
    if (this.#current === used) this.#current = undefined
    return true
  }

  async #ask(): Promise<ExpiringCredentials> {
    try {
      const provider = this.#provider
      // One that throws before it makes a promise must not be done before `#pending` is set.
      const keys = await Promise.resolve().then(provider)
      this.#current = keys
      return keys
    } catch (error) {
      // They were to be replaced ahead of their end: until then a provider out of order is no harm.
      if (this.#current && !this.#endsWithin(this.#current, 0)) return this.#current
      throw error
    } finally {
      this.#pending = undefined
    }
  }

  #endsWithin({ expiration }: ExpiringCredentials, ms: number): boolean {
    return expiration !== undefined && expiration.getTime() - this.#now() < ms
  }
}
