/** CRC-64/XZ, which OSS calls `hash-crc64ecma`: of bytes. */

/** The two halves of 0xC96C5795D7870F42, the ECMA-182 polynomial reflected. */
export const POLYNOMIAL_HIGH: number = 0xc96c5795 | 0
export const POLYNOMIAL_LOW: number = 0xd7870f42 | 0

// BigInt arithmetic is some hundred times slower than int32, so values are halves until the edge.
// Typed arrays are read with `as number`: every index is masked to their length.
const tableHigh = new Int32Array(8 * 256)
const tableLow = new Int32Array(8 * 256)
fillTables()

const view = new DataView(new ArrayBuffer(8))

/**
 * The CRC of `bytes`, or of what `previous` is the CRC of followed by `bytes`. Synchronous
 * and pure TypeScript; `loadHasher` is the faster one for streams.
 */
export function crc64(bytes: Uint8Array, previous: bigint = 0n): bigint {
  view.setBigUint64(0, previous)
  let high = ~view.getInt32(0)
  let low = ~view.getInt32(4)
  const input = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const aligned = bytes.byteLength - (bytes.byteLength % 8)
  let offset = 0
  for (; offset < aligned; offset += 8) {
    const a = low ^ input.getInt32(offset, true)
    const b = high ^ input.getInt32(offset + 4, true)
    const i7 = 0x700 | (a & 0xff)
    const i6 = 0x600 | ((a >>> 8) & 0xff)
    const i5 = 0x500 | ((a >>> 16) & 0xff)
    const i4 = 0x400 | (a >>> 24)
    const i3 = 0x300 | (b & 0xff)
    const i2 = 0x200 | ((b >>> 8) & 0xff)
    const i1 = 0x100 | ((b >>> 16) & 0xff)
    const i0 = b >>> 24
    high =
      (tableHigh[i7] as number) ^
      (tableHigh[i6] as number) ^
      (tableHigh[i5] as number) ^
      (tableHigh[i4] as number) ^
      (tableHigh[i3] as number) ^
      (tableHigh[i2] as number) ^
      (tableHigh[i1] as number) ^
      (tableHigh[i0] as number)
    low =
      (tableLow[i7] as number) ^
      (tableLow[i6] as number) ^
      (tableLow[i5] as number) ^
      (tableLow[i4] as number) ^
      (tableLow[i3] as number) ^
      (tableLow[i2] as number) ^
      (tableLow[i1] as number) ^
      (tableLow[i0] as number)
  }
  for (; offset < bytes.byteLength; offset += 1) {
    const index = (low ^ input.getUint8(offset)) & 0xff
    low = ((low >>> 8) | (high << 24)) ^ (tableLow[index] as number)
    high = (high >>> 8) ^ (tableHigh[index] as number)
  }
  view.setInt32(0, ~high)
  view.setInt32(4, ~low)
  return view.getBigUint64(0)
}

/** Slicing-by-8: row `n` advances a byte over `n` further zero bytes. */
function fillTables(): void {
  for (let byte = 0; byte < 256; byte += 1) {
    let high = 0
    let low = byte
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = -(low & 1)
      low = ((low >>> 1) | (high << 31)) ^ (POLYNOMIAL_LOW & carry)
      high = (high >>> 1) ^ (POLYNOMIAL_HIGH & carry)
    }
    tableHigh[byte] = high
    tableLow[byte] = low
  }
  for (let index = 256; index < tableLow.length; index += 1) {
    const high = tableHigh[index - 256] as number
    const low = tableLow[index - 256] as number
    tableLow[index] = ((low >>> 8) | (high << 24)) ^ (tableLow[low & 0xff] as number)
    tableHigh[index] = (high >>> 8) ^ (tableHigh[low & 0xff] as number)
  }
}
