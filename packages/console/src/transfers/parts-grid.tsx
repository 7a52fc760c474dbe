/** A cell for each part, on one canvas: 10,000 of them are one element of the page. */

import { useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { bytes, count } from '../format.ts'
import { t } from '../i18n.ts'
import { theme } from '../theme.ts'
import { drawCells, type GridLayout, layOut, partAt } from './draw-cells.ts'
import { type PartState, type PartStates, partStates } from './part-states.ts'
import { PartsTable } from './parts-table.tsx'

export function PartsGrid({
  parts,
  name,
  size,
}: {
  readonly parts: PartStates
  /** Of the file. */
  readonly name: string
  /** Of the file, in bytes. */
  readonly size: number
}): JSX.Element {
  const [pointed, setPointed] = useState<number | undefined>(undefined)
  const [listed, setListed] = useState(false)
  const canvas = useRef<HTMLCanvasElement>(null)
  const legend = useRef<HTMLUListElement>(null)
  const layout = useRef<GridLayout | undefined>(undefined)
  const id = useId()
  const draw = (): void => {
    if (!canvas.current || !legend.current) return
    layout.current = layOut(parts.count.peek(), canvas.current.parentElement?.clientWidth ?? 0)
    drawCells(canvas.current, layout.current, parts, legend.current)
  }
  useSignalEffect(() => {
    void parts.round.value
    void theme.value
    draw()
  })
  useEffect(() => {
    const holder = canvas.current?.parentElement
    if (!holder) return
    const watch = new ResizeObserver(draw)
    watch.observe(holder)
    return () => watch.disconnect()
  }, [])
  const summary = useSummary(parts)
  return (
    <div class="parts">
      <p class="hint" id={id}>
        {summary}
      </p>
      <ul class="legend" ref={legend}>
        {partStates.map((state) => (
          <li key={state}>
            <span class={`swatch ${state}`} data-state={state} />
            {t(`part.${state}`)}
          </li>
        ))}
      </ul>
      <div class="grid">
        <canvas
          ref={canvas}
          role="img"
          aria-label={t('parts.picture', { name })}
          aria-describedby={id}
          onPointerMove={({ offsetX, offsetY }) =>
            setPointed(layout.current && partAt(layout.current, offsetX, offsetY))
          }
          onPointerLeave={() => setPointed(undefined)}
        />
      </div>
      <p class="pointed">
        {pointed === undefined ? t('parts.pointHint') : describe(parts, pointed, size)}
      </p>
      <details onToggle={(event) => setListed(event.currentTarget.open)}>
        <summary>{t('parts.table')}</summary>
        {listed && <PartsTable parts={parts} size={size} />}
      </details>
    </div>
  )
}

function useSummary(parts: PartStates): string {
  void parts.round.value
  const total = parts.count.value
  const shown = (state: PartState): string => count(parts.countOf(state))
  return t('parts.summary', {
    count: total,
    total: count(total),
    size: bytes(parts.partSize.value),
    stored: shown('stored'),
    sending: shown('sending'),
    waiting: shown('waiting'),
    failed: shown('failed'),
  })
}

function describe(parts: PartStates, partNumber: number, size: number): string {
  const etag = parts.etagOf(partNumber)
  const tries = parts.triesOf(partNumber)
  const facts = [
    t('parts.one', { number: count(partNumber) }),
    t(`part.${parts.stateOf(partNumber)}`),
    bytes(parts.sizeOf(partNumber, size)),
    ...(tries > 0 ? [t('parts.tries', { count: tries })] : []),
    ...(etag === undefined ? [] : [etag]),
  ]
  return facts.join(' · ')
}
