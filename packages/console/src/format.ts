/** Quantities in the reader's language. */

import { language } from './i18n.ts'

const SYMBOLS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>()

/** Making one of these takes longer than all the rest of a row. */
function cached<Format extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  name: string,
  make: (language: string) => Format,
): Format {
  const key = `${language.value} ${name}`
  const known = formats.get(key)
  if (known) return known as Format
  const made = make(language.value)
  formats.set(key, made)
  return made
}

/** `1.5 MB`, of 1,024 KB each, as OSS's own console counts. */
export function bytes(size: number): string {
  let unit = 0
  let amount = size
  while (amount >= 1024 && unit < SYMBOLS.length - 1) {
    amount /= 1024
    unit += 1
  }
  const digits = unit === 0 || amount >= 100 ? 0 : amount >= 10 ? 1 : 2
  return `${count(amount, digits)} ${SYMBOLS[unit]}`
}

export function count(amount: number, digits = 0): string {
  return cached(`count${digits}`, (name) => {
    return new Intl.NumberFormat(name, { maximumFractionDigits: digits })
  }).format(amount)
}

/** Of a share from 0 to 1; rounded down, so that only what is done is called 100 %. */
export function percent(share: number): string {
  return cached('percent', (name) => {
    return new Intl.NumberFormat(name, { style: 'percent', maximumFractionDigits: 0 })
  }).format(Math.floor(share * 100) / 100)
}

export function dateTime(date: Date): string {
  return cached('date', (name) => {
    return new Intl.DateTimeFormat(name, { dateStyle: 'medium', timeStyle: 'short' })
  }).format(date)
}

const AGES: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** `3 days ago`. */
export function age(date: Date, now: number): string {
  const seconds = Math.max(0, (now - date.getTime()) / 1000)
  const [unit, length] = AGES.find(([, least]) => seconds >= least) ?? (['second', 1] as const)
  return cached('age', (name) => new Intl.RelativeTimeFormat(name, { numeric: 'auto' })).format(
    -Math.floor(seconds / length),
    unit,
  )
}

/** `2 min 5 s`, of at most two units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts: (readonly [number, string])[] = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor((whole % 3600) / 60), 'minute'],
    [whole % 60, 'second'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  const shown = first < 0 ? parts.slice(2) : parts.slice(first, first + 2)
  return shown
    .filter(([amount], index) => amount > 0 || index === 0)
    .map(([amount, unit]) =>
      cached(unit, (name) => {
        return new Intl.NumberFormat(name, { style: 'unit', unit, unitDisplay: 'short' })
      }).format(amount),
    )
    .join(' ')
}
