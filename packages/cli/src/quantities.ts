/** Sizes and times as people type and read them. */

import bytes from 'bytes-iec'
import prettyBytes from 'pretty-bytes'
import { usageError } from './command-error.ts'

/**
 * Bytes that `option` was given, from `8MiB`, `8M` (binary, as ossutil has it), `8MB` (decimal) or plain digits.
 *
 * @throws {CommandError} usage.
 */
export function parseSize(option: string, text: string): number {
  // bytes-iec does not know the bare letters; with them ossutil counts 1 K as 1024.
  const spelled = text.trim().replace(/(?<=\d\s*)([kmgtp])$/i, '$1iB')
  const size = /^[\d.]+\s*([a-z]+)?$/i.test(spelled) ? bytes.parse(spelled) : null
  if (size !== null && Number.isSafeInteger(Math.round(size)) && size >= 0) return Math.round(size)
  throw usageError(`${option}: "${text}" is not a size`, 'Write it like 8MiB, 8M or 8388608.')
}

/** `98.3 MiB`. */
export function formatSize(size: number): string {
  return prettyBytes(size, { binary: true })
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/**
 * Milliseconds that `option` was given, from `90s`, `30m`, `12h`, `7d` or `2w`.
 *
 * @throws {CommandError} usage.
 */
export function parseAge(option: string, text: string): number {
  const match = /^(\d{1,9})([smhdw])$/i.exec(text.trim())
  const unit = match?.[2]?.toLowerCase() as keyof typeof unitMs | undefined
  if (match && unit) return Number(match[1]) * unitMs[unit]
  throw usageError(`${option}: "${text}" is not an age`, 'Write it like 30m, 12h or 7d.')
}

/**
 * Milliseconds that `option` was given, from plain seconds, as ossutil has them, or `90s` and `2m`.
 *
 * @throws {CommandError} usage.
 */
export function parseTime(option: string, text: string): number {
  const ms = /^\d{1,6}$/.test(text.trim()) ? Number(text) * 1000 : parseAge(option, text)
  if (ms > 0 && ms <= unitMs.d) return ms
  throw usageError(`${option}: "${text}" is not a time to wait`, 'Give from 1s to 1d.')
}

/** `0.8 s`, `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** What `option` was given, such as `--parallel`. Both bounds are inclusive. @throws {CommandError} usage. */
export function parseCount(
  option: string,
  text: string,
  { min, max }: { min: number; max: number },
): number {
  const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw usageError(`${option}: "${text}" is not a whole number from ${min} to ${max}`)
}

/** `1 part`, `12 parts`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}
