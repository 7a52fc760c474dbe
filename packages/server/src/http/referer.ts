/** Which pages may link to the objects of a bucket. Source: "Hotlink protection", OSS user guide. */

import { OssError, type RefererConfiguration } from '@lading/protocol'
import { matchesWildcard } from '../policy/wildcard.ts'

/** Characters. Browsers send no longer one, and every pattern is held against all of them. */
const LONGEST = 4096

/** @throws {OssError} `AccessDenied`. */
export function requireReferer(
  configuration: RefererConfiguration,
  referer: string | undefined,
): void {
  if (mayCome(configuration, referer?.slice(0, LONGEST) ?? '')) return
  throw new OssError('AccessDenied', { message: 'You are denied by bucket referer policy.' })
}

function mayCome(configuration: RefererConfiguration, sent: string): boolean {
  const { referers, blacklist, allowEmptyReferer } = configuration
  if (sent === '') {
    // Without a list everybody may come, or nobody could.
    return allowEmptyReferer || referers.length === 0
  }
  const referer = compared(configuration, sent)
  if (blacklist.some((pattern) => beginsLike(pattern, referer))) return false
  return referers.length === 0 || referers.some((pattern) => beginsLike(pattern, referer))
}

/** What of a Referer is compared. */
function compared(
  { allowTruncateQueryString, truncatePath }: RefererConfiguration,
  referer: string,
): string {
  const text = allowTruncateQueryString || truncatePath ? referer.replace(/[?#].*$/s, '') : referer
  return truncatePath ? text.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/]*).*$/is, '$1') : text
}

/** Patterns say how a Referer begins; one without a scheme says nothing of the scheme. */
function beginsLike(pattern: string, referer: string): boolean {
  const text = pattern.includes('://') ? referer : referer.replace(/^https?:\/\//i, '')
  return matchesWildcard(`${pattern}*`, text) || matchesWildcard(`${pattern}*`, referer)
}
