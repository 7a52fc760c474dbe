/** Keys of the RAM role of an ECS instance, from its metadata server. */

import type { CredentialsProvider } from '../credentials.ts'
import { CredentialsError } from '../errors.ts'
import { parseCredentials } from './read-credentials.ts'

export interface EcsRoleCredentialsOptions {
  /**
   * Where the keys are, such as `http://100.100.100.200/latest/meta-data/ram/security-credentials/ROLE`;
   * ending in `/`, what stands there names the role. Never guessed: an address that answers anybody is
   * asked only by those who mean it.
   */
  readonly url: string
  /** Milliseconds for each request. Default 5,000. */
  readonly timeoutMs?: number
}

/** Asks again shortly before the keys end. @throws {TypeError} for a URL that is none. */
export function ecsRoleCredentials({
  url,
  timeoutMs = 5000,
}: EcsRoleCredentialsOptions): CredentialsProvider {
  const address = new URL(url)
  return async () => {
    if (!address.pathname.endsWith('/')) {
      return parseCredentials(address.href, await fetchText(address, timeoutMs))
    }
    const role = (await fetchText(address, timeoutMs)).trim()
    if (!/^[\w.-]+$/.test(role)) throw new CredentialsError(`${address.href} names no role.`)
    const keys = new URL(role, address)
    return parseCredentials(keys.href, await fetchText(keys, timeoutMs))
  }
}

async function fetchText(url: URL, timeoutMs: number): Promise<string> {
  let answer: Response
  let text: string
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    // Elsewhere nobody has been told to be asked.
    answer = await fetch(url, { signal, redirect: 'error' })
    text = await answer.text()
  } catch (cause) {
    throw new CredentialsError(`${url.href} does not answer.`, { cause })
  }
  if (answer.ok) return text
  throw new CredentialsError(`${url.href} answers with status ${answer.status}.`)
}
