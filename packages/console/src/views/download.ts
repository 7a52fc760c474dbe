/** An object to the reader's disk, by the browser itself, whatever its size. */

import { announce } from '../announce.ts'
import { explain } from '../failure.ts'
import { requireSession } from '../session.ts'

/** Seconds. The browser asks at once; only the first byte has to come in time. */
const LIFE = 60

/** Resolves once the browser has been told to fetch it; says what is in the way, and never rejects. */
export async function download(bucket: string, key: string): Promise<void> {
  try {
    const name = key.split('/').findLast((part) => part !== '') ?? key
    const { url } = await requireSession().client.presign({
      bucket,
      key,
      method: 'GET',
      expiresInSeconds: LIFE,
      query: {
        'response-content-disposition': `attachment; filename*=UTF-8''${encodeRfc5987(name)}`,
      },
    })
    const link = document.createElement('a')
    link.href = url
    link.rel = 'noopener noreferrer'
    link.download = ''
    link.click()
  } catch (error) {
    announce(explain(error).words)
  }
}

function encodeRfc5987(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
