/** Keys out of the environment, under the names that the OSS SDKs share. */

import type { CredentialsProvider } from '../credentials.ts'
import { requireKeyPair } from './read-credentials.ts'

/**
 * `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET` and, for temporary keys, `OSS_SESSION_TOKEN`; read
 * when they are first needed, and again when the service refuses them.
 *
 * @param environment Default: that of the process.
 */
export function environmentCredentials(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): CredentialsProvider {
  return async () =>
    requireKeyPair('the environment', {
      id: environment.OSS_ACCESS_KEY_ID,
      secret: environment.OSS_ACCESS_KEY_SECRET,
      token: environment.OSS_SESSION_TOKEN,
    })
}
