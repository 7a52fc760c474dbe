/**
 * Both sums of up to four parts that lie whole in one memory, which a thread beside the event loop shares
 * with it. AssemblyScript; built into `src/checksum/hash-core-module.ts` as `hash-core.ts` is.
 *
 * Part n has a row of 64 bytes at 64 n, which its caller fills and reads:
 *
 * - at 0 and 4 the address of its bytes and their number, 32 bits each; both move on with the work
 * - at 8 whether its CRC-64 is taken, 32 bits; at 12 the number of its bytes once more, for the padding
 * - at 16 the state of its MD5, and the MD5 in the end; at 32 its CRC-64
 */

import { crc64, md5, md5x4 } from './hash-core'

export { prepare } from './hash-core'

const ROW: usize = 64
/** Where lanes without a part read and write: bytes of no meaning, and a state of none. */
const IDLE_BYTES: usize = 1024
const IDLE_STATE: usize = 256
/** The last block or two of a part, with its padding. */
const LAST: usize = 320
/** Blocks of a lane that are hashed before their CRC-64 is taken: 128 KiB of all lanes stay in the cache. */
const STEP: u32 = 512

export function hashParts(count: i32): void {
  for (let blocks = together(count); blocks > 0; blocks = together(count)) {
    const only = alone(count)
    if (only >= 0) md5(at(only, count), state(only, count), blocks)
    else {
      md5x4(
        at(0, count),
        at(1, count),
        at(2, count),
        at(3, count),
        state(0, count),
        state(1, count),
        state(2, count),
        state(3, count),
        blocks,
      )
    }
    for (let part = 0; part < count; part++) {
      if (isReady(part, count)) leaveBehind(part, <u32>blocks << 6)
    }
  }
  for (let part = 0; part < count; part++) finish(part)
}

/** Blocks that all parts have which have any; 0 when none has. */
function together(count: i32): i32 {
  let least = STEP
  let ready = 0
  for (let part = 0; part < count; part++) {
    if (!isReady(part, count)) continue
    ready++
    least = min(least, left(part) >> 6)
  }
  return ready > 0 ? least : 0
}

/** The part that has blocks when no other has; -1 when others have some too. */
function alone(count: i32): i32 {
  let found = -1
  for (let part = 0; part < count; part++) {
    if (!isReady(part, count)) continue
    if (found >= 0) return -1
    found = part
  }
  return found
}

@inline function row(part: i32): usize {
  return <usize>part * ROW
}
@inline function left(part: i32): u32 {
  return load<u32>(row(part), 4)
}
@inline function isReady(part: i32, count: i32): bool {
  return part < count && left(part) >= 64
}
@inline function at(part: i32, count: i32): usize {
  return isReady(part, count) ? load<u32>(row(part)) : IDLE_BYTES
}
@inline function state(part: i32, count: i32): usize {
  return isReady(part, count) ? row(part) + 16 : IDLE_STATE
}

function leaveBehind(part: i32, bytes: u32): void {
  const from = load<u32>(row(part))
  if (load<u32>(row(part), 8)) crc64(from, bytes, row(part) + 32)
  store<u32>(row(part), from + bytes)
  store<u32>(row(part), left(part) - bytes, 4)
}

/** Padding as RFC 1321 has it, sections 3.1 and 3.2, apart from the part's own memory. */
function finish(part: i32): void {
  const rest = left(part)
  const padded = rest < 56 ? 64 : 128
  memory.fill(LAST, 0, 128)
  memory.copy(LAST, load<u32>(row(part)), rest)
  store<u8>(LAST + rest, 0x80)
  store<u64>(LAST + padded - 8, <u64>load<u32>(row(part), 12) << 3)
  leaveBehind(part, rest)
  md5(LAST, row(part) + 16, padded >> 6)
}
