/** CRC-64 as wire text. */

/** The form of the `x-oss-hash-crc64ecma` header: unsigned decimal, no padding. */
export function formatCrc64(value: bigint): string {
  return value.toString()
}

/** `undefined` unless `text` is an unsigned decimal below 2^64. Blanks around it are tolerated. */
export function parseCrc64(text: string): bigint | undefined {
  const trimmed = text.trim()
  if (!/^[0-9]{1,20}$/.test(trimmed)) return undefined
  const value = BigInt(trimmed)
  return value < 1n << 64n ? value : undefined
}
