/** Every version of the objects in a folder of a bucket. */

import type { ListedVersion } from '@lading/client'
import type { OssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'

/** With delete markers, in the order of their keys and of one key the newest first. */
export async function* listVersions(
  { client, signal }: Service,
  { bucket, key: prefix }: OssUrl,
): AsyncGenerator<ListedVersion, void, void> {
  const pages = client.listObjectVersionsPages({ bucket, prefix, maxKeys: 1000 }, { signal })
  for await (const { versions } of pages) yield* versions
}
