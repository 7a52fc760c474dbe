/**
 * The hash core: MD5 of one stream or of four at once, and CRC-64/XZ. AssemblyScript; built into
 * `src/checksum/hash-core-module.ts` by `node tools/build-hash-core.mjs`.
 *
 * It owns no memory: its caller passes addresses of bytes and of states, 16 bytes for an MD5 (four
 * little-endian words, RFC 1321 section 3.3) and 8 for a CRC-64. What is below stays its own.
 */

/** Four streams' words of one block, transposed: word n of all four at SCRATCH + 16 n. */
const SCRATCH: usize = 512
/** Sixteen tables of 256 words of 64 bits. Constant addresses fold into the loads. */
const TABLES: usize = 1024
/** The farthest that folding adds a byte to, rounded up to sixteens. */
const REACH: usize = 1504
/** Bytes that are folded before what the next ones need of them is moved to the front. */
const WINDOW: usize = 16384
/** What was folded last, `REACH` bytes; behind it, a window. */
const FOLDED: usize = 36864
/** Below this the tables are as fast. */
const LEAST_FOLDED: usize = 8192
/** x^64 + ... of ECMA-182, bits reversed, as CRC-64/XZ takes it. */
const POLYNOMIAL: u64 = 0xc96c5795d7870f42

// One step of RFC 1321 section 3.4 in four lanes: a = b + ((a + mix(b, c, d) + word + sine) <<< shift).
// Each step waits for `b` of the one before. So what does not need it is put together first, and as few
// operations as can be stand between it and the sum.

@inline function step4(a: v128, b: v128, mix: v128, word: v128, sine: u32, shift: i32): v128 {
  const sum = i32x4.add(mix, i32x4.add(a, i32x4.add(word, i32x4.splat(sine))))
  return i32x4.add(b, v128.or(i32x4.shl(sum, shift), i32x4.shr_u(sum, 32 - shift)))
}
@inline function f4(a: v128, b: v128, c: v128, d: v128, word: v128, sine: u32, shift: i32): v128 {
  return step4(a, b, v128.bitselect(c, d, b), word, sine, shift)
}
@inline function g4(a: v128, b: v128, c: v128, d: v128, word: v128, sine: u32, shift: i32): v128 {
  // No bit is set in both halves of the choice, so that each can be added by itself.
  return step4(i32x4.add(a, v128.andnot(c, d)), b, v128.and(b, d), word, sine, shift)
}
@inline function h4(a: v128, b: v128, c: v128, d: v128, word: v128, sine: u32, shift: i32): v128 {
  return step4(a, b, v128.xor(b, v128.xor(c, d)), word, sine, shift)
}
@inline function i4(a: v128, b: v128, c: v128, d: v128, word: v128, sine: u32, shift: i32): v128 {
  return step4(a, b, v128.xor(c, v128.or(b, v128.not(d))), word, sine, shift)
}
@inline function word(n: usize): v128 {
  return v128.load(SCRATCH + (n << 4))
}

/** Four rows of four words become four columns, stored one behind the other. */
@inline function transpose(row0: v128, row1: v128, row2: v128, row3: v128, to: usize): void {
  const low01 = v128.shuffle<i32>(row0, row1, 0, 4, 1, 5)
  const low23 = v128.shuffle<i32>(row2, row3, 0, 4, 1, 5)
  const high01 = v128.shuffle<i32>(row0, row1, 2, 6, 3, 7)
  const high23 = v128.shuffle<i32>(row2, row3, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2))
  v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 16)
  v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 32)
  v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 48)
}

/** Takes `blocks` blocks of 64 bytes of each of four streams into their states. */
export function md5x4(
  at0: usize,
  at1: usize,
  at2: usize,
  at3: usize,
  state0: usize,
  state1: usize,
  state2: usize,
  state3: usize,
  blocks: i32,
): void {
  if (!ASC_FEATURE_SIMD) {
    md5(at0, state0, blocks)
    md5(at1, state1, blocks)
    md5(at2, state2, blocks)
    md5(at3, state3, blocks)
    return
  }
  transpose(v128.load(state0), v128.load(state1), v128.load(state2), v128.load(state3), SCRATCH)
  let a = word(0)
  let b = word(1)
  let c = word(2)
  let d = word(3)
  for (; blocks > 0; blocks--) {
    for (let group: usize = 0; group < 64; group += 16) {
      transpose(
        v128.load(at0 + group),
        v128.load(at1 + group),
        v128.load(at2 + group),
        v128.load(at3 + group),
        SCRATCH + (group << 2),
      )
    }
    const a0 = a
    const b0 = b
    const c0 = c
    const d0 = d

    a = f4(a, b, c, d, word(0), 0xd76aa478, 7)
    d = f4(d, a, b, c, word(1), 0xe8c7b756, 12)
    c = f4(c, d, a, b, word(2), 0x242070db, 17)
    b = f4(b, c, d, a, word(3), 0xc1bdceee, 22)
    a = f4(a, b, c, d, word(4), 0xf57c0faf, 7)
    d = f4(d, a, b, c, word(5), 0x4787c62a, 12)
    c = f4(c, d, a, b, word(6), 0xa8304613, 17)
    b = f4(b, c, d, a, word(7), 0xfd469501, 22)
    a = f4(a, b, c, d, word(8), 0x698098d8, 7)
    d = f4(d, a, b, c, word(9), 0x8b44f7af, 12)
    c = f4(c, d, a, b, word(10), 0xffff5bb1, 17)
    b = f4(b, c, d, a, word(11), 0x895cd7be, 22)
    a = f4(a, b, c, d, word(12), 0x6b901122, 7)
    d = f4(d, a, b, c, word(13), 0xfd987193, 12)
    c = f4(c, d, a, b, word(14), 0xa679438e, 17)
    b = f4(b, c, d, a, word(15), 0x49b40821, 22)

    a = g4(a, b, c, d, word(1), 0xf61e2562, 5)
    d = g4(d, a, b, c, word(6), 0xc040b340, 9)
    c = g4(c, d, a, b, word(11), 0x265e5a51, 14)
    b = g4(b, c, d, a, word(0), 0xe9b6c7aa, 20)
    a = g4(a, b, c, d, word(5), 0xd62f105d, 5)
    d = g4(d, a, b, c, word(10), 0x02441453, 9)
    c = g4(c, d, a, b, word(15), 0xd8a1e681, 14)
    b = g4(b, c, d, a, word(4), 0xe7d3fbc8, 20)
    a = g4(a, b, c, d, word(9), 0x21e1cde6, 5)
    d = g4(d, a, b, c, word(14), 0xc33707d6, 9)
    c = g4(c, d, a, b, word(3), 0xf4d50d87, 14)
    b = g4(b, c, d, a, word(8), 0x455a14ed, 20)
    a = g4(a, b, c, d, word(13), 0xa9e3e905, 5)
    d = g4(d, a, b, c, word(2), 0xfcefa3f8, 9)
    c = g4(c, d, a, b, word(7), 0x676f02d9, 14)
    b = g4(b, c, d, a, word(12), 0x8d2a4c8a, 20)

    a = h4(a, b, c, d, word(5), 0xfffa3942, 4)
    d = h4(d, a, b, c, word(8), 0x8771f681, 11)
    c = h4(c, d, a, b, word(11), 0x6d9d6122, 16)
    b = h4(b, c, d, a, word(14), 0xfde5380c, 23)
    a = h4(a, b, c, d, word(1), 0xa4beea44, 4)
    d = h4(d, a, b, c, word(4), 0x4bdecfa9, 11)
    c = h4(c, d, a, b, word(7), 0xf6bb4b60, 16)
    b = h4(b, c, d, a, word(10), 0xbebfbc70, 23)
    a = h4(a, b, c, d, word(13), 0x289b7ec6, 4)
    d = h4(d, a, b, c, word(0), 0xeaa127fa, 11)
    c = h4(c, d, a, b, word(3), 0xd4ef3085, 16)
    b = h4(b, c, d, a, word(6), 0x04881d05, 23)
    a = h4(a, b, c, d, word(9), 0xd9d4d039, 4)
    d = h4(d, a, b, c, word(12), 0xe6db99e5, 11)
    c = h4(c, d, a, b, word(15), 0x1fa27cf8, 16)
    b = h4(b, c, d, a, word(2), 0xc4ac5665, 23)

    a = i4(a, b, c, d, word(0), 0xf4292244, 6)
    d = i4(d, a, b, c, word(7), 0x432aff97, 10)
    c = i4(c, d, a, b, word(14), 0xab9423a7, 15)
    b = i4(b, c, d, a, word(5), 0xfc93a039, 21)
    a = i4(a, b, c, d, word(12), 0x655b59c3, 6)
    d = i4(d, a, b, c, word(3), 0x8f0ccc92, 10)
    c = i4(c, d, a, b, word(10), 0xffeff47d, 15)
    b = i4(b, c, d, a, word(1), 0x85845dd1, 21)
    a = i4(a, b, c, d, word(8), 0x6fa87e4f, 6)
    d = i4(d, a, b, c, word(15), 0xfe2ce6e0, 10)
    c = i4(c, d, a, b, word(6), 0xa3014314, 15)
    b = i4(b, c, d, a, word(13), 0x4e0811a1, 21)
    a = i4(a, b, c, d, word(4), 0xf7537e82, 6)
    d = i4(d, a, b, c, word(11), 0xbd3af235, 10)
    c = i4(c, d, a, b, word(2), 0x2ad7d2bb, 15)
    b = i4(b, c, d, a, word(9), 0xeb86d391, 21)

    a = i32x4.add(a, a0)
    b = i32x4.add(b, b0)
    c = i32x4.add(c, c0)
    d = i32x4.add(d, d0)
    at0 += 64
    at1 += 64
    at2 += 64
    at3 += 64
  }
  transpose(a, b, c, d, SCRATCH)
  v128.store(state0, word(0))
  v128.store(state1, word(1))
  v128.store(state2, word(2))
  v128.store(state3, word(3))
}

// The same step on one stream.

@inline function step1(a: u32, b: u32, mix: u32, word: u32, sine: u32, shift: i32): u32 {
  return b + rotl<u32>(mix + (a + (word + sine)), shift)
}
@inline function f1(a: u32, b: u32, c: u32, d: u32, word: u32, sine: u32, shift: i32): u32 {
  return step1(a, b, d ^ (b & (c ^ d)), word, sine, shift)
}
@inline function g1(a: u32, b: u32, c: u32, d: u32, word: u32, sine: u32, shift: i32): u32 {
  return step1(a + (c & ~d), b, b & d, word, sine, shift)
}
@inline function h1(a: u32, b: u32, c: u32, d: u32, word: u32, sine: u32, shift: i32): u32 {
  return step1(a, b, b ^ (c ^ d), word, sine, shift)
}
@inline function i1(a: u32, b: u32, c: u32, d: u32, word: u32, sine: u32, shift: i32): u32 {
  return step1(a, b, c ^ (b | ~d), word, sine, shift)
}

/** Takes `blocks` blocks of 64 bytes into the state. */
export function md5(at: usize, state: usize, blocks: i32): void {
  let a = load<u32>(state)
  let b = load<u32>(state, 4)
  let c = load<u32>(state, 8)
  let d = load<u32>(state, 12)
  for (; blocks > 0; blocks--) {
    const a0 = a
    const b0 = b
    const c0 = c
    const d0 = d

    a = f1(a, b, c, d, load<u32>(at, 0), 0xd76aa478, 7)
    d = f1(d, a, b, c, load<u32>(at, 4), 0xe8c7b756, 12)
    c = f1(c, d, a, b, load<u32>(at, 8), 0x242070db, 17)
    b = f1(b, c, d, a, load<u32>(at, 12), 0xc1bdceee, 22)
    a = f1(a, b, c, d, load<u32>(at, 16), 0xf57c0faf, 7)
    d = f1(d, a, b, c, load<u32>(at, 20), 0x4787c62a, 12)
    c = f1(c, d, a, b, load<u32>(at, 24), 0xa8304613, 17)
    b = f1(b, c, d, a, load<u32>(at, 28), 0xfd469501, 22)
    a = f1(a, b, c, d, load<u32>(at, 32), 0x698098d8, 7)
    d = f1(d, a, b, c, load<u32>(at, 36), 0x8b44f7af, 12)
    c = f1(c, d, a, b, load<u32>(at, 40), 0xffff5bb1, 17)
    b = f1(b, c, d, a, load<u32>(at, 44), 0x895cd7be, 22)
    a = f1(a, b, c, d, load<u32>(at, 48), 0x6b901122, 7)
    d = f1(d, a, b, c, load<u32>(at, 52), 0xfd987193, 12)
    c = f1(c, d, a, b, load<u32>(at, 56), 0xa679438e, 17)
    b = f1(b, c, d, a, load<u32>(at, 60), 0x49b40821, 22)

    a = g1(a, b, c, d, load<u32>(at, 4), 0xf61e2562, 5)
    d = g1(d, a, b, c, load<u32>(at, 24), 0xc040b340, 9)
    c = g1(c, d, a, b, load<u32>(at, 44), 0x265e5a51, 14)
    b = g1(b, c, d, a, load<u32>(at, 0), 0xe9b6c7aa, 20)
    a = g1(a, b, c, d, load<u32>(at, 20), 0xd62f105d, 5)
    d = g1(d, a, b, c, load<u32>(at, 40), 0x02441453, 9)
    c = g1(c, d, a, b, load<u32>(at, 60), 0xd8a1e681, 14)
    b = g1(b, c, d, a, load<u32>(at, 16), 0xe7d3fbc8, 20)
    a = g1(a, b, c, d, load<u32>(at, 36), 0x21e1cde6, 5)
    d = g1(d, a, b, c, load<u32>(at, 56), 0xc33707d6, 9)
    c = g1(c, d, a, b, load<u32>(at, 12), 0xf4d50d87, 14)
    b = g1(b, c, d, a, load<u32>(at, 32), 0x455a14ed, 20)
    a = g1(a, b, c, d, load<u32>(at, 52), 0xa9e3e905, 5)
    d = g1(d, a, b, c, load<u32>(at, 8), 0xfcefa3f8, 9)
    c = g1(c, d, a, b, load<u32>(at, 28), 0x676f02d9, 14)
    b = g1(b, c, d, a, load<u32>(at, 48), 0x8d2a4c8a, 20)

    a = h1(a, b, c, d, load<u32>(at, 20), 0xfffa3942, 4)
    d = h1(d, a, b, c, load<u32>(at, 32), 0x8771f681, 11)
    c = h1(c, d, a, b, load<u32>(at, 44), 0x6d9d6122, 16)
    b = h1(b, c, d, a, load<u32>(at, 56), 0xfde5380c, 23)
    a = h1(a, b, c, d, load<u32>(at, 4), 0xa4beea44, 4)
    d = h1(d, a, b, c, load<u32>(at, 16), 0x4bdecfa9, 11)
    c = h1(c, d, a, b, load<u32>(at, 28), 0xf6bb4b60, 16)
    b = h1(b, c, d, a, load<u32>(at, 40), 0xbebfbc70, 23)
    a = h1(a, b, c, d, load<u32>(at, 52), 0x289b7ec6, 4)
    d = h1(d, a, b, c, load<u32>(at, 0), 0xeaa127fa, 11)
    c = h1(c, d, a, b, load<u32>(at, 12), 0xd4ef3085, 16)
    b = h1(b, c, d, a, load<u32>(at, 24), 0x04881d05, 23)
    a = h1(a, b, c, d, load<u32>(at, 36), 0xd9d4d039, 4)
    d = h1(d, a, b, c, load<u32>(at, 48), 0xe6db99e5, 11)
    c = h1(c, d, a, b, load<u32>(at, 60), 0x1fa27cf8, 16)
    b = h1(b, c, d, a, load<u32>(at, 8), 0xc4ac5665, 23)

    a = i1(a, b, c, d, load<u32>(at, 0), 0xf4292244, 6)
    d = i1(d, a, b, c, load<u32>(at, 28), 0x432aff97, 10)
    c = i1(c, d, a, b, load<u32>(at, 56), 0xab9423a7, 15)
    b = i1(b, c, d, a, load<u32>(at, 20), 0xfc93a039, 21)
    a = i1(a, b, c, d, load<u32>(at, 48), 0x655b59c3, 6)
    d = i1(d, a, b, c, load<u32>(at, 12), 0x8f0ccc92, 10)
    c = i1(c, d, a, b, load<u32>(at, 40), 0xffeff47d, 15)
    b = i1(b, c, d, a, load<u32>(at, 4), 0x85845dd1, 21)
    a = i1(a, b, c, d, load<u32>(at, 32), 0x6fa87e4f, 6)
    d = i1(d, a, b, c, load<u32>(at, 60), 0xfe2ce6e0, 10)
    c = i1(c, d, a, b, load<u32>(at, 24), 0xa3014314, 15)
    b = i1(b, c, d, a, load<u32>(at, 52), 0x4e0811a1, 21)
    a = i1(a, b, c, d, load<u32>(at, 16), 0xf7537e82, 6)
    d = i1(d, a, b, c, load<u32>(at, 44), 0xbd3af235, 10)
    c = i1(c, d, a, b, load<u32>(at, 8), 0x2ad7d2bb, 15)
    b = i1(b, c, d, a, load<u32>(at, 36), 0xeb86d391, 21)

    a += a0
    b += b0
    c += c0
    d += d0
    at += 64
  }
  store<u32>(state, a)
  store<u32>(state, b, 4)
  store<u32>(state, c, 8)
  store<u32>(state, d, 12)
}

/** Fills the tables; called once. Table n says what a byte does that has n bytes behind it. */
export function prepare(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = <u64>byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
    store<u64>(TABLES + (byte << 3), crc)
  }
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = load<u64>(TABLES + (byte << 3))
    for (let table: u32 = 1; table < 16; table++) {
      crc = (crc >> 8) ^ entry(0, crc)
      store<u64>(TABLES + (table << 11) + (byte << 3), crc)
    }
  }
}

@inline function entry(table: usize, byte: u64): u64 {
  return load<u64>(TABLES + (table << 11) + (<usize>(byte & 255) << 3))
}

/** Eight bytes through the eight tables from `top` down. */
@inline function eight(bytes: u64, top: usize): u64 {
  return (
    entry(top, bytes) ^
    entry(top - 1, bytes >> 8) ^
    entry(top - 2, bytes >> 16) ^
    entry(top - 3, bytes >> 24) ^
    entry(top - 4, bytes >> 32) ^
    entry(top - 5, bytes >> 40) ^
    entry(top - 6, bytes >> 48) ^
    entry(top - 7, bytes >> 56)
  )
}

// Folding. A CRC is the remainder of the bytes, taken as a polynomial, and stays what it is when a multiple
// of POLYNOMIAL is added. One of its multiples has eight terms, all of whose exponents are multiples of 8:
//
//   x^8a + x^8b + ... + 1    with differences from 8a of 226, 335, 480, 1182, 1366, 1393 and 1498 bytes
//
// Added where its first term meets a bit, it takes away that bit, and flips the seven that lie so many
// bytes behind it. So each byte, with what those before have added to it, is added to seven later ones
// and is gone; only the last 1498 are left for the tables. No byte is looked up, and sixteen of them fit
// into a register. Multiples like this are found by comparing sums of powers of x; there is a test that
// this is one.

/** Takes `length` bytes into the CRC at `state`. */
export function crc64(at: usize, length: usize, state: usize): void {
  let crc = ~load<u64>(state)
  if (ASC_FEATURE_SIMD && length >= LEAST_FOLDED) {
    const folded = (length - REACH) & ~63
    crc = fold(at, folded, crc)
    at += folded + REACH
    length -= folded + REACH
  }
  store<u64>(state, ~lookUp(at, length, crc))
}

/** Takes `length` bytes and the `REACH` behind them into `crc`. `length` is a multiple of 64. */
function fold(at: usize, length: usize, crc: u64): u64 {
  memory.fill(FOLDED, 0, REACH)
  // As if it had been added to the first eight bytes by what was before them.
  store<u64>(FOLDED, crc, REACH - 1498)
  while (length > 0) {
    const window = min(length, WINDOW)
    const end = at + window
    let to = FOLDED
    for (; at < end; at += 64) {
      v128.store(to, v128.xor(v128.load(at), added(to)), REACH)
      v128.store(to, v128.xor(v128.load(at, 16), added(to + 16)), REACH + 16)
      v128.store(to, v128.xor(v128.load(at, 32), added(to + 32)), REACH + 32)
      v128.store(to, v128.xor(v128.load(at, 48), added(to + 48)), REACH + 48)
      to += 64
    }
    memory.copy(FOLDED, to, REACH)
    length -= window
  }
  // What stays is added to, and adds to nothing.
  memory.fill(FOLDED + REACH, 0, REACH)
  for (let to = FOLDED; to < FOLDED + REACH; to += 16, at += 16) {
    v128.store(to, v128.xor(v128.load(at), added(to)), 2 * REACH)
  }
  return lookUp(FOLDED + 2 * REACH, REACH, 0)
}

/** What is added to the sixteen bytes at `to + REACH`. */
@inline function added(to: usize): v128 {
  return v128.xor(
    v128.xor(
      v128.xor(v128.load(to, REACH - 226), v128.load(to, REACH - 335)),
      v128.xor(v128.load(to, REACH - 480), v128.load(to, REACH - 1182)),
    ),
    v128.xor(
      v128.xor(v128.load(to, REACH - 1366), v128.load(to, REACH - 1393)),
      v128.load(to, REACH - 1498),
    ),
  )
}

/** Takes `length` bytes into `crc` by the tables, sixteen at a time. */
function lookUp(at: usize, length: usize, crc: u64): u64 {
  const end = at + length
  for (; at + 16 <= end; at += 16) {
    crc = eight(crc ^ load<u64>(at), 15) ^ eight(load<u64>(at, 8), 7)
  }
  for (; at < end; at++) crc = (crc >> 8) ^ entry(0, crc ^ load<u8>(at))
  return crc
}
