/** Tabs of one browser that look at the same upload: the one that is at it tells the others. */

import type { CheckpointIdentity } from '../uploader/checkpoint.ts'
import type { UploadProgress } from '../uploader/progress.ts'

/**
 * Tells the other tabs of the origin how far an upload is.
 *
 * @returns What to give each progress to, and how to end.
 */
export function tellTabs(identity: CheckpointIdentity): {
  tell(progress: UploadProgress): void
  close(): void
} {
  const channel = new BroadcastChannel(nameOf(identity))
  return {
    tell: (progress) => channel.postMessage(progress),
    close: () => channel.close(),
  }
}

/**
 * Hears of an upload that another tab is at.
 *
 * @returns Ends it.
 */
export function hearTabs(
  identity: CheckpointIdentity,
  listener: (progress: UploadProgress) => void,
): () => void {
  const channel = new BroadcastChannel(nameOf(identity))
  channel.onmessage = ({ data }: MessageEvent<UploadProgress>) => listener(data)
  return () => channel.close()
}

function nameOf({ endpoint, bucket, key, source }: CheckpointIdentity): string {
  return `lading ${JSON.stringify([endpoint, bucket, key, source])}`
}
