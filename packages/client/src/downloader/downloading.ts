/** One download under way: what everything that works on it knows. */

import type { BandwidthLimit } from '../engine/bandwidth.ts'
import type { CallOptions } from '../options.ts'
import type { OssClient } from '../oss-client.ts'
import type { Gate } from '../uploader/gate.ts'
import type { DownloadOptions, DownloadResult } from './options.ts'
import type { DownloadMeter } from './progress.ts'
import type { ObjectToRead } from './read-object.ts'

/** What the handle shares with its download. */
export interface DownloadControl {
  readonly gate: Gate
  readonly meter: DownloadMeter
  readonly signal: AbortSignal
  /** Whether the abort wants nothing kept. */
  isGivenUp(): boolean
}

/** One download under way. */
export interface Downloading {
  readonly client: OssClient
  readonly object: ObjectToRead
  readonly options: DownloadOptions
  readonly control: DownloadControl
  readonly bandwidth: BandwidthLimit | undefined
  readonly call: CallOptions
}

export type Outcome = Omit<DownloadResult, 'retries'>
