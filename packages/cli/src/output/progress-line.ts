/** One line that says how far a transfer is. */

import { formatDuration, formatSize } from '../quantities.ts'
import { printable } from './printable.ts'
import { headOf, tailOf, textWidth } from './text-width.ts'

export interface TransferState {
  readonly label: string
  /** Bytes. */
  readonly loaded: number
  /** Bytes; `undefined` for a stream whose length nobody knows. */
  readonly total: number | undefined
  /** Bytes a second. */
  readonly rate: number | undefined
}

/** `movie.mov  [=======>      ]  45 %  44.1 MiB of 98.3 MiB  120 MiB/s  1 s left`, in `columns`. */
export function barLine(state: TransferState, columns: number): string {
  const figures = figuresOf(state)
  const label = shorten(printable(state.label), Math.max(8, Math.floor(columns / 4)))
  if (state.total === undefined) return headOf(`${label}  ${figures}`, columns)
  const room = columns - textWidth(label) - figures.length - 2 - 2 - 2
  if (room < 6) return headOf(`${label}  ${figures}`, columns)
  return `${label}  ${bar(fraction(state), Math.min(room, 40))}  ${figures}`
}

/** The same without the bar: for a log. */
export function plainLine(state: TransferState): string {
  return `${printable(state.label)}: ${figuresOf(state)}`
}

function figuresOf(state: TransferState): string {
  const { loaded, total, rate } = state
  const speed = rate === undefined ? [] : [`${formatSize(Math.round(rate))}/s`]
  if (total === undefined) return [formatSize(loaded), ...speed].join('  ')
  // Floored: 100 % is said when every byte is there and not before.
  const percent = `${String(Math.floor(fraction(state) * 100)).padStart(3)} %`
  const left =
    rate && loaded < total ? [`${formatDuration(((total - loaded) / rate) * 1000)} left`] : []
  return [percent, `${formatSize(loaded)} of ${formatSize(total)}`, ...speed, ...left].join('  ')
}

function fraction({ loaded, total }: TransferState): number {
  return total ? Math.min(1, loaded / total) : 1
}

function bar(part: number, width: number): string {
  const full = Math.floor(part * width)
  const head = full < width ? '>' : ''
  return `[${'='.repeat(full)}${head}${' '.repeat(Math.max(0, width - full - head.length))}]`
}

/** Cuts the middle out, because a path's two ends say the most. */
function shorten(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  const head = headOf(text, Math.floor((columns - 1) / 2))
  return `${head}…${tailOf(text, columns - 1 - textWidth(head))}`
}
