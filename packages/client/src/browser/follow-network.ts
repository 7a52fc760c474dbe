/** Uploads that rest while the browser has no network. */

import type { Upload } from '../uploader/upload.ts'

export type FollowedUpload = Pick<Upload, 'done' | 'state' | 'pause' | 'resume'>

/**
 * Pauses `upload` whenever the browser says that it is offline, and resumes it when it is online again;
 * one that somebody else has paused stays so. Ends by itself with the upload.
 *
 * @returns Ends it before.
 */
export function followNetwork(upload: FollowedUpload): () => void {
  let isOurs = false
  const onOffline = (): void => {
    if (upload.state !== 'running') return
    isOurs = true
    void upload.pause()
  }
  const onOnline = (): void => {
    if (!isOurs) return
    isOurs = false
    upload.resume()
  }
  const stop = (): void => {
    removeEventListener('offline', onOffline)
    removeEventListener('online', onOnline)
  }
  addEventListener('offline', onOffline)
  addEventListener('online', onOnline)
  upload.done.then(stop, stop)
  if (!navigator.onLine) onOffline()
  return stop
}
