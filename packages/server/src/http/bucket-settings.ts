/** Settings of buckets that are looked at for every request: read once for each text they have. */

import {
  type CorsConfiguration,
  decodeCorsConfiguration,
  decodeRefererConfiguration,
  decodeRequestPaymentConfiguration,
  decodeWebsiteConfiguration,
  type RefererConfiguration,
  type RequestPaymentConfiguration,
  type WebsiteConfiguration,
} from '@lading/protocol'
import type { Store } from '../api/operation.ts'

/** Texts that are remembered of each kind. */
const REMEMBERED = 100

type Find<Setting> = (bucket: string) => Promise<Setting | undefined>

export interface BucketSettings {
  readonly findCors: Find<CorsConfiguration>
  readonly findReferer: Find<RefererConfiguration>
  readonly findRequestPayment: Find<RequestPaymentConfiguration>
  readonly findWebsite: Find<WebsiteConfiguration>
}

export function readBucketSettings(store: Pick<Store, 'findBucketSetting'>): BucketSettings {
  /** The text is the key, so what is remembered is never out of date. */
  function remembering<Setting>(
    name: 'cors' | 'referer' | 'requestPayment' | 'website',
    decode: (xml: string) => Setting,
  ): Find<Setting> {
    const known = new Map<string, Setting>()
    return async (bucket) => {
      const xml = await store.findBucketSetting(bucket, name)
      if (xml === undefined) return undefined
      const setting = known.get(xml) ?? decode(xml)
      known.delete(xml)
      known.set(xml, setting)
      const [oldest] = known.keys()
      if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest)
      return setting
    }
  }
  return {
    findCors: remembering('cors', decodeCorsConfiguration),
    findReferer: remembering('referer', decodeRefererConfiguration),
    findRequestPayment: remembering('requestPayment', decodeRequestPaymentConfiguration),
    findWebsite: remembering('website', decodeWebsiteConfiguration),
  }
}
