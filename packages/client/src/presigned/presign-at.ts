/** The page's side of `@lading/client/presign-server`. */

import { OssError } from '@lading/protocol'
import { TransportError } from '../errors.ts'
import type { Presign } from '../options.ts'
import type { PresignAnswer } from './contract.ts'

export interface PresignAtOptions {
  /** Sent with each question, such as the token of your own session. Default none; cookies go by themselves. */
  readonly headers?: Readonly<Record<string, string>>
  /** `include` sends cookies to another origin too. Default `same-origin`. */
  readonly credentials?: RequestCredentials
}

/**
 * Has each request signed at `url` of your backend, which answers by one of the handlers of
 * `@lading/client/presign-server`. What the backend refuses is an `OssError` with its words; a backend
 * that is away or broken is a `TransportError`, and is asked again.
 */
export function presignAt(url: string | URL, options: PresignAtOptions = {}): Presign {
  const { headers = {}, credentials = 'same-origin' } = options
  return async (request, { signal }) => {
    const init = {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      credentials,
      body: JSON.stringify(request),
      signal: signal ?? null,
    }
    const { status, body } = await ask(url, init, signal)
    if (isSigned(body)) return body
    const { code, message } = (body ?? {}) as {
      readonly code?: unknown
      readonly message?: unknown
    }
    if (status < 500 && typeof code === 'string' && typeof message === 'string') {
      throw new OssError(code, { status, message })
    }
    throw new TransportError(
      `The backend did not sign ${request.operation}, and answered ${status}. Check that ${url} is where it signs.`,
    )
  }
}

async function ask(
  url: string | URL,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const response = await fetch(url, init)
    const { status } = response
    return { status, body: await response.json().catch(() => undefined) }
  } catch (cause) {
    signal?.throwIfAborted()
    throw new TransportError('The backend that signs could not be reached.', { cause })
  }
}

function isSigned(body: unknown): body is PresignAnswer {
  return typeof body === 'object' && body !== null && 'url' in body && typeof body.url === 'string'
}
