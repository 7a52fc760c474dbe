/** The CRC-64 of two runs of bytes joined, from the CRC of each: how an object's CRC comes from its parts'. */

import { POLYNOMIAL_HIGH, POLYNOMIAL_LOW } from './crc64.ts'

/**
 * What following a run with some zero bytes does to its CRC: a 64x64 matrix over GF(2), two int32
 * (high, low) for each bit of the value, lowest bit first.
 */
type Operator = Int32Array

/**
 * An operator spelled out for each byte of the value at each of its eight places, lowest first: two
 * int32 (high, low) each. Eight look-ups apply it.
 */
type Table = Int32Array

/** A value at work, as two int32, high first, because BigInt arithmetic is far slower. */
type Register = DataView

/** `powers[n]` is for 2^n zero bytes. Grown as far as lengths need: at most 53, of 512 bytes each. */
const powers: Operator[] = []

/** The parts of an upload are nearly all equally long, so the last length's table, 16 KiB, is kept. */
let latest: { readonly length: number; table?: Table } = { length: 0 }

/** What the function below works on: it is called once a part, and is not to leave garbage. */
const work: Register = newRegister(0n)

/**
 * The CRC of the bytes behind `first` followed by the `secondLength` bytes behind `second`. Takes
 * microseconds, whatever the length.
 *
 * @throws {RangeError} unless `secondLength` is an integer from 0 to 2^53 - 1.
 */
export function combineCrc64(first: bigint, second: bigint, secondLength: number): bigint {
  if (!Number.isSafeInteger(secondLength) || secondLength < 0) {
    throw new RangeError(`secondLength must be a count of bytes, not ${secondLength}.`)
  }
  const isRepeated = latest.length === secondLength
  if (!isRepeated) latest = { length: secondLength }
  else latest.table ??= tableOf(makeOperator((register) => followWithZeros(register, secondLength)))

  work.setBigUint64(0, first)
  if (latest.table) lookUp(latest.table, work)
  else followWithZeros(work, secondLength)
  // The all-ones that a CRC starts from and ends with cancel out here: nothing else to correct.
  return work.getBigUint64(0) ^ second
}

function followWithZeros(register: Register, length: number): void {
  let rest = length
  for (let power = 0; rest > 0; power += 1) {
    if (rest % 2 === 1) apply(powerOf(power), register)
    rest = Math.floor(rest / 2)
  }
}

function powerOf(power: number): Operator {
  const known = powers[power]
  if (known) return known
  const half = power === 0 ? undefined : powerOf(power - 1)
  const operator = makeOperator((register) => {
    if (!half) return followWithZeroByte(register)
    apply(half, register)
    apply(half, register)
  })
  powers[power] = operator
  return operator
}

/** The operator of `step`, which changes a register linearly: what it makes of each single bit. */
function makeOperator(step: (register: Register) => void): Operator {
  const operator = new Int32Array(128)
  for (let bit = 0; bit < 64; bit += 1) {
    const register = newRegister(1n << BigInt(bit))
    step(register)
    operator[2 * bit] = register.getInt32(0)
    operator[2 * bit + 1] = register.getInt32(4)
  }
  return operator
}

/** Each entry is that of the byte without its lowest bit, and what that bit adds. */
function tableOf(operator: Operator): Table {
  const table = new Int32Array(8 * 256 * 2)
  for (let place = 0; place < 8; place += 1) {
    for (let byte = 1; byte < 256; byte += 1) {
      const bit = 8 * place + (31 - Math.clz32(byte & -byte))
      const at = 2 * (256 * place + byte)
      const rest = 2 * (256 * place + (byte & (byte - 1)))
      table[at] = (table[rest] as number) ^ (operator[2 * bit] as number)
      table[at + 1] = (table[rest + 1] as number) ^ (operator[2 * bit + 1] as number)
    }
  }
  return table
}

function newRegister(value: bigint): Register {
  const register = new DataView(new ArrayBuffer(8))
  register.setBigUint64(0, value)
  return register
}

function followWithZeroByte(register: Register): void {
  let high = register.getInt32(0)
  let low = register.getInt32(4)
  for (let bit = 0; bit < 8; bit += 1) {
    const carry = -(low & 1)
    low = ((low >>> 1) | (high << 31)) ^ (POLYNOMIAL_LOW & carry)
    high = (high >>> 1) ^ (POLYNOMIAL_HIGH & carry)
  }
  register.setInt32(0, high)
  register.setInt32(4, low)
}

function lookUp(table: Table, register: Register): void {
  let high = 0
  let low = 0
  for (let place = 0; place < 8; place += 1) {
    const at = 2 * (256 * place + register.getUint8(7 - place))
    high ^= table[at] as number
    low ^= table[at + 1] as number
  }
  register.setInt32(0, high)
  register.setInt32(4, low)
}

/** Masks instead of branches, because the bits of a CRC are random and branches would be guesses. */
function apply(operator: Operator, register: Register): void {
  const valueHigh = register.getInt32(0)
  const valueLow = register.getInt32(4)
  let high = 0
  let low = 0
  for (let bit = 0; bit < 32; bit += 1) {
    const inLow = -((valueLow >>> bit) & 1)
    const inHigh = -((valueHigh >>> bit) & 1)
    high ^= ((operator[2 * bit] as number) & inLow) ^ ((operator[2 * bit + 64] as number) & inHigh)
    low ^=
      ((operator[2 * bit + 1] as number) & inLow) ^ ((operator[2 * bit + 65] as number) & inHigh)
  }
  register.setInt32(0, high)
  register.setInt32(4, low)
}
