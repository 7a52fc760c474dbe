/** The name of one request, by which a caller and a log line speak of the same thing. */

import { randomBytes } from 'node:crypto'

/**
 * 24 upper-case hex characters, of which the first eight are the time in seconds. Source: ids observed
 * from the live service; the Java SDK's tests assert the length.
 */
export function makeRequestId(time: Date): string {
  const seconds = Math.floor(time.getTime() / 1000) >>> 0
  const random = randomBytes(8).toString('hex')
  return (seconds.toString(16).padStart(8, '0') + random).toUpperCase()
}
