/** Draws parts as cells: by colour, and by a shape for those who see no difference in colours. */

import { type PartState, type PartStates, partStates } from './part-states.ts'

export interface GridLayout {
  readonly count: number
  readonly columns: number
  /** CSS pixels from one cell to the next. */
  readonly step: number
  readonly width: number
  readonly height: number
}

/** The largest cells with which the picture stays this low. */
const TALLEST = 240
const STEPS = [16, 14, 12, 10, 8, 7, 6, 5, 4]

export function layOut(count: number, width: number): GridLayout {
  const fitting = STEPS.find((step) => {
    const columns = Math.max(1, Math.floor(width / step))
    return Math.ceil(count / columns) * step <= TALLEST
  })
  const step = fitting ?? 4
  const columns = Math.max(1, Math.floor(width / step))
  return { count, columns, step, width, height: Math.max(step, Math.ceil(count / columns) * step) }
}

/** The part under a point of the picture; `undefined` beside them. */
export function partAt(
  { count, columns, step }: GridLayout,
  x: number,
  y: number,
): number | undefined {
  const column = Math.floor(x / step)
  if (column < 0 || column >= columns) return undefined
  const partNumber = Math.floor(y / step) * columns + column + 1
  return partNumber >= 1 && partNumber <= count ? partNumber : undefined
}

/** Colours are those of the legend, as the style sheet has them in this theme. */
export function drawCells(
  canvas: HTMLCanvasElement,
  layout: GridLayout,
  parts: PartStates,
  legend: Element,
): void {
  const { count, columns, step, width, height } = layout
  const scale = devicePixelRatio
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)]
  if (canvas.width !== wide) canvas.width = wide
  if (canvas.height !== high) canvas.height = high
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const context = canvas.getContext('2d')
  if (!context) return
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, width, height)
  const cell = step - (step > 6 ? 2 : 1)
  for (const state of partStates) {
    const color = colorOf(legend, state)
    context.fillStyle = color
    context.strokeStyle = color
    context.lineWidth = 1
    for (let index = 0; index < count; index += 1) {
      if (parts.stateOf(index + 1) !== state) continue
      drawCell(context, state, (index % columns) * step, Math.floor(index / columns) * step, cell)
    }
  }
}

function drawCell(
  context: CanvasRenderingContext2D,
  state: PartState,
  x: number,
  y: number,
  cell: number,
): void {
  switch (state) {
    case 'stored':
      context.fillRect(x, y, cell, cell)
      return
    case 'sending':
      context.beginPath()
      context.moveTo(x, y + cell)
      context.lineTo(x + cell, y)
      context.lineTo(x + cell, y + cell)
      context.fill()
      context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1)
      return
    case 'failed':
      context.beginPath()
      context.moveTo(x, y)
      context.lineTo(x + cell, y + cell)
      context.moveTo(x + cell, y)
      context.lineTo(x, y + cell)
      context.stroke()
      context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1)
      return
    case 'waiting':
      context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1)
  }
}

function colorOf(legend: Element, state: PartState): string {
  const swatch = legend.querySelector(`[data-state="${state}"]`)
  return swatch ? getComputedStyle(swatch).color : 'gray'
}
