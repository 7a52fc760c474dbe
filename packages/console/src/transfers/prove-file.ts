/** Whether a file is the one that an unfinished upload was begun with: its parts tell. */

import type { OssClient, PartEntry } from '@lading/client'
import { bytes, count } from '../format.ts'
import { t } from '../i18n.ts'
import type { Target } from './transfer.ts'

/** Bytes read at once. */
const STEP = 1024 * 1024

/**
 * Compares one stored part, the first there is, with the same bytes of `file`. Resolves with why it is
 * another file, in words; `undefined` when it is the same as far as can be told. The rest the engine
 * compares, and sends what differs.
 *
 * @throws what ListParts throws.
 */
export async function whyOther(
  client: OssClient,
  target: Target & { readonly uploadId: string },
  file: File,
): Promise<string | undefined> {
  const held: PartEntry[] = []
  for await (const page of client.listPartsPages(target)) held.push(...page.parts)
  const [first] = held
  if (!first) return undefined
  const partSize = held.reduce((longest, { size }) => Math.max(longest, size), 0)
  const end = held.reduce(
    (last, { partNumber, size }) => Math.max(last, (partNumber - 1) * partSize + size),
    0,
  )
  if (end > file.size) {
    return t('resume.tooShort', { name: file.name, size: bytes(file.size), stored: bytes(end) })
  }
  const from = (first.partNumber - 1) * partSize
  const md5 = await md5Of(client, file.slice(from, from + first.size))
  if (md5 === first.etag.toLowerCase()) return undefined
  return t('resume.otherBytes', { name: file.name, part: count(first.partNumber) })
}

async function md5Of(client: OssClient, blob: Blob): Promise<string> {
  const hasher = (await client.hasher({ crc64: false }))()
  try {
    for (let from = 0; from < blob.size; from += STEP) {
      await hasher.update(new Uint8Array(await blob.slice(from, from + STEP).arrayBuffer()))
    }
    const { md5 } = await hasher.finish()
    return Array.from(md5, (byte) => byte.toString(16).padStart(2, '0')).join('')
  } finally {
    hasher.abandon()
  }
}
