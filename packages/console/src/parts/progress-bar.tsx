/** How far something is. */

import type { JSX } from 'preact'

export function ProgressBar({
  label,
  share,
  text,
  kind = '',
}: {
  readonly label: string
  /** From 0 to 1. */
  readonly share: number
  /** The same in words. */
  readonly text: string
  readonly kind?: string
}): JSX.Element {
  return (
    <div
      class={`progress ${kind}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(share * 100)}
      aria-valuetext={text}
    >
      <div style={{ transform: `scaleX(${share})` }} />
    </div>
  )
}
