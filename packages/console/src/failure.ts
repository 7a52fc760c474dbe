/** What went wrong, in words that say what to do. */

import { IntegrityError, OssError, TransportError } from '@lading/client'
import { t, type Words } from './i18n.ts'

export interface Explained {
  /** A sentence in the reader's language. */
  readonly words: string
  /** What the service or the client said of it, in English as they say it; with the request's id. */
  readonly detail: string
}

/** Refusals that people meet, and can do something about. */
const refusals: Readonly<Record<string, Words>> = {
  AccessDenied: 'failure.accessDenied',
  BucketAlreadyExists: 'failure.bucketExists',
  InvalidAccessKeyId: 'failure.unknownKey',
  InvalidBucketName: 'failure.bucketName',
  NoSuchBucket: 'failure.noSuchBucket',
  NoSuchKey: 'failure.noSuchKey',
  NoSuchUpload: 'failure.noSuchUpload',
  QuotaExceeded: 'failure.full',
  RequestTimeTooSkewed: 'failure.clock',
  SecurityTokenExpired: 'failure.tokenExpired',
  SignatureDoesNotMatch: 'failure.wrongSecret',
}

export function explain(error: unknown): Explained {
  const detail = detailOf(error)
  if (error instanceof OssError) {
    const words = Object.hasOwn(refusals, error.code) ? refusals[error.code] : undefined
    return { words: words ? t(words) : t('failure.refused', { code: error.code }), detail }
  }
  if (error instanceof TransportError) {
    return { words: t('failure.noAnswer', { origin: location.origin }), detail }
  }
  if (error instanceof IntegrityError) {
    return { words: t(error.subject === 'source' ? 'failure.changed' : 'failure.damaged'), detail }
  }
  return { words: t('failure.other'), detail }
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, requestId } = error as { readonly code?: unknown; readonly requestId?: unknown }
  const facts = [
    typeof code === 'string' ? code : '',
    error.message,
    typeof requestId === 'string' ? `x-oss-request-id: ${requestId}` : '',
  ]
  return facts.filter((fact) => fact !== '').join(' · ')
}
