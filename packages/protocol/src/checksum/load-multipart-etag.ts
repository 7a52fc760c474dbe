/** The ETags of objects made of parts, for those who may never need them. */

/** Loaded when it is first asked for, which is at the end of an upload. */
export function loadMultipartETag(): Promise<typeof import('./multipart-etag.ts')> {
  return import('./multipart-etag.ts')
}
