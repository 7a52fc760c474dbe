/** Which bytes a Range asks for, by OSS's rules, which are not those of HTTP. */

import { OssError } from '@lading/protocol'
import type { ByteRange } from '../store/store.ts'

/**
 * `undefined` is the whole object. A range that does not fit into the object is ignored, unless
 * `standard` (`x-oss-range-behavior: standard`) asks for what HTTP says: then its end is moved, and
 * `InvalidRange` refuses one that begins too late. Several ranges, and what is no range at all, are
 * always ignored. Source: GetObject, OSS API reference; `bytes=-0` from the Java SDK's suite.
 *
 * @throws {OssError} `InvalidRange`.
 */
export function selectRange(
  header: string | undefined,
  size: number,
  { standard }: { standard: boolean },
): ByteRange | undefined {
  const match = /^bytes=([0-9]*)-([0-9]*)$/i.exec(header?.trim() ?? '')
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '') return last === '' ? undefined : selectSuffix(Number(last), size, standard)

  const start = Number(first)
  const end = last === '' ? size - 1 : Number(last)
  if (last !== '' && end < start) return undefined
  if (start >= size) {
    if (standard) throw invalidRange(size)
    return undefined
  }
  if (end >= size && !standard) return undefined
  return { offset: start, length: Math.min(end, size - 1) - start + 1 }
}

function selectSuffix(length: number, size: number, standard: boolean): ByteRange | undefined {
  if (length === 0) throw invalidRange(size)
  if (size === 0 || (length > size && !standard)) return undefined
  const held = Math.min(length, size)
  return { offset: size - held, length: held }
}

/** `bytes 0-499/1000`. */
export function formatContentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`
}

function invalidRange(size: number): OssError {
  return new OssError('InvalidRange', { details: { ActualObjectSize: String(size) } })
}
