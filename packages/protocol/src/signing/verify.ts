/** Whether a claim holds: its time, its scope, its signature; and the refusals when it does not. */

import { equalInConstantTime } from '#hash'
import { OssError } from '../errors.ts'
import { formatTimestamp, parseHttpDate, parseIsoBasic } from '../headers.ts'
import { MAX_CLOCK_SKEW_MS } from '../limits.ts'
import type { Query } from '../query.ts'
import type { Claim, V4Claim } from './claim.ts'
import { type SignableRequest, utf8 } from './request.ts'
import { requestDateV1, signatureV1, stringsToSignV1 } from './v1.ts'
import { canonicalRequestsV4, isPresignLife, signatureV4, stringToSignV4 } from './v4.ts'

/** What came of comparing a signature, and what it was compared with. */
export interface Verification {
  readonly matches: boolean
  readonly stringToSign: string
  /** V4 only. */
  readonly canonicalRequest: string | undefined
}

/**
 * Checks that a signed header is of now and that a presigned URL still lives. Call it before
 * `verifyClaim`, as OSS does: an expired URL is told so whatever its signature.
 *
 * @throws {OssError} `RequestTimeTooSkewed`; `AccessDenied` when a URL has expired or a date is
 * missing or unreadable; `InvalidArgument` for a lifetime that V4 does not allow.
 */
export function checkClaimTime(
  claim: Claim,
  request: { readonly headers: ReadonlyMap<string, string>; readonly query: Query },
  now: Date,
): void {
  if (claim.carrier === 'header') {
    const time =
      claim.scheme === 'v4'
        ? parseIsoBasic(claim.timestamp)
        : parseHttpDate(requestDateV1(request.headers) ?? '')
    if (!time) throw denied('OSS authentication requires a valid Date.')
    if (Math.abs(now.getTime() - time.getTime()) > MAX_CLOCK_SKEW_MS) throw tooSkewed(time, now)
    return
  }
  const end = claim.scheme === 'v4' ? endOfLifeV4(claim, now) : endOfLifeV1(claim.expires ?? '')
  if (now.getTime() > end) {
    throw denied('Request has expired.', {
      Expires: formatTimestamp(new Date(end)),
      ServerTime: formatTimestamp(now),
    })
  }
}

/**
 * Checks that a V4 key was made for this region and for OSS. V1 keys have no scope.
 *
 * @throws {OssError} `InvalidArgument`. The codes and the header's texts are asserted by the Python
 * and Java SDKs' tests against the live service.
 */
export function checkClaimScope(claim: Claim, region: string): void {
  if (claim.scheme === 'v1') return
  const wrong = (what: string, ec: string): OssError =>
    new OssError('InvalidArgument', {
      message:
        claim.carrier === 'header'
          ? `Invalid signing ${what} in Authorization header.`
          : `The signing ${what} in credential is invalid.`,
      ec,
    })
  if (claim.scope.region !== region) throw wrong('region', '0002-00000226')
  if (claim.scope.product !== 'oss') throw wrong('product', '0002-00000227')
}

/**
 * Compares the claim's signature with the one that the holder of `accessKeySecret` would have made
 * of `request`. For a bucket, `/bucket` counts as well as `/bucket/`. Never throws for a mismatch.
 */
export function verifyClaim(
  claim: Claim,
  request: SignableRequest,
  accessKeySecret: string,
): Verification {
  const provided = utf8(claim.signature)
  let matches = false
  if (claim.scheme === 'v1') {
    const strings = stringsToSignV1(request, claim.expires)
    for (const candidate of strings) {
      const expected = utf8(signatureV1(accessKeySecret, candidate))
      matches = equalInConstantTime(expected, provided) || matches
    }
    return { matches, stringToSign: strings[0], canonicalRequest: undefined }
  }
  const canonicals = canonicalRequestsV4(request, claim.additionalHeaders)
  const toSign = (canonical: string): string =>
    stringToSignV4(claim.timestamp, claim.scope, canonical)
  const [usual, ...others] = canonicals
  const stringToSign = toSign(usual)
  for (const candidate of [stringToSign, ...others.map(toSign)]) {
    const expected = utf8(signatureV4(accessKeySecret, claim.scope, candidate))
    matches = equalInConstantTime(expected, provided) || matches
  }
  return { matches, stringToSign, canonicalRequest: usual }
}

/**
 * The refusal of a wrong signature, with all that its sender needs to find out why. Nothing in it is
 * secret to the sender, but a log must not have it: the text to sign contains the STS token.
 */
export function signatureMismatch(claim: Claim, verification: Verification): OssError {
  const { stringToSign, canonicalRequest } = verification
  const bytes = Array.from(utf8(stringToSign), (byte) => byte.toString(16).padStart(2, '0'))
  return new OssError('SignatureDoesNotMatch', {
    ec: '0002-00000040',
    details: {
      OSSAccessKeyId: claim.accessKeyId,
      SignatureProvided: claim.signature,
      StringToSign: stringToSign,
      StringToSignBytes: bytes.join(' '),
      ...(canonicalRequest !== undefined && { CanonicalRequest: canonicalRequest }),
    },
  })
}

/** The refusal of a key that nobody here knows. */
export function unknownAccessKey(claim: Pick<Claim, 'accessKeyId'>): OssError {
  return new OssError('InvalidAccessKeyId', {
    ec: '0002-00000902',
    details: { OSSAccessKeyId: claim.accessKeyId },
  })
}

/** Milliseconds. There is no upper bound: SDK tests presign for 52 years. */
function endOfLifeV1(expires: string): number {
  if (!/^[0-9]+$/.test(expires)) throw denied('Invalid date (should be seconds since epoch).')
  return Number(expires) * 1000
}

/** Milliseconds. */
function endOfLifeV4(claim: V4Claim, now: Date): number {
  const signed = parseIsoBasic(claim.timestamp)
  if (!signed) throw denied('OSS authentication requires a valid Date.')
  if (signed.getTime() - now.getTime() > MAX_CLOCK_SKEW_MS) throw tooSkewed(signed, now)
  const seconds = /^[0-9]{1,6}$/.test(claim.expires ?? '') ? Number(claim.expires) : Number.NaN
  if (!isPresignLife(seconds)) {
    throw new OssError('InvalidArgument', {
      message: 'The x-oss-expires parameter must be an integer between 1 and 604800, inclusive.',
      details: { ArgumentName: 'x-oss-expires', ArgumentValue: claim.expires ?? '' },
    })
  }
  return signed.getTime() + seconds * 1000
}

function tooSkewed(requestTime: Date, now: Date): OssError {
  return new OssError('RequestTimeTooSkewed', {
    ec: '0002-00000504',
    details: {
      MaxAllowedSkewMilliseconds: String(MAX_CLOCK_SKEW_MS),
      RequestTime: formatTimestamp(requestTime),
      ServerTime: formatTimestamp(now),
    },
  })
}

function denied(message: string, details?: Readonly<Record<string, string>>): OssError {
  return new OssError('AccessDenied', { message, details })
}
