/** What was measured, as rows of a table, and whether each is within its bound. */

export interface Row {
  readonly group: string
  readonly name: string
  /** The median; `undefined` when it could not be taken here. */
  readonly value: number | undefined
  /** The least and the most of the samples that the median is of. */
  readonly spread?: readonly [least: number, most: number] | undefined
  readonly unit: Unit
  readonly bound?: Bound | undefined
  readonly remark?: string | undefined
}

export type Unit = 'x' | 'ms' | 's/GiB' | 's' | 'MiB' | 'MB/s' | '/s' | 'statements' | 'bytes'

export interface Bound {
  readonly kind: 'at most' | 'at least'
  readonly value: number
}

export const atMost = (value: number): Bound => ({ kind: 'at most', value })
export const atLeast = (value: number): Bound => ({ kind: 'at least', value })

export type Details = Pick<Row, 'bound' | 'remark'>

/** Rows under one heading. */
export class Group {
  readonly rows: Row[] = []
  readonly #name: string
  readonly #told: (row: Row) => void

  constructor(name: string, told: (row: Row) => void) {
    this.#name = name
    this.#told = told
  }

  add(name: string, unit: Unit, samples: readonly number[], details: Details = {}): void {
    const value = samples.length === 0 ? undefined : median(samples)
    const spread =
      samples.length < 2 ? undefined : ([Math.min(...samples), Math.max(...samples)] as const)
    const row: Row = { group: this.#name, name, unit, value, spread, ...details }
    this.rows.push(row)
    this.#told(row)
  }

  /** The ratio of what was measured side by side, round by round. */
  ratio(
    name: string,
    above: readonly number[],
    below: readonly number[],
    details: Details = {},
  ): void {
    const ratios = above.flatMap((value, at) => {
      const other = below[at]
      return other === undefined || other === 0 ? [] : [value / other]
    })
    this.add(name, 'x', ratios, details)
  }

  /** `p50` and `p99` of latencies in milliseconds. */
  latencies(name: string, samples: readonly number[], bound?: Bound): void {
    this.add(`${name}, p50`, 'ms', samples.length === 0 ? [] : [percentile(samples, 0.5)], {
      bound,
      remark: `of ${samples.length}`,
    })
    if (samples.length >= 20) this.add(`${name}, p99`, 'ms', [percentile(samples, 0.99)])
    else if (samples.length > 1) this.add(`${name}, worst`, 'ms', [Math.max(...samples)])
  }
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}

export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right)
  const middle = (sorted.length - 1) * share
  const [below = 0, above = below] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return share === 0.5 ? (below + above) / 2 : above
}

export function verdictOf({ value, bound }: Row): 'ok' | 'over' | '' {
  if (value === undefined || !bound) return ''
  const isWithin = bound.kind === 'at most' ? value <= bound.value : value >= bound.value
  return isWithin ? 'ok' : 'over'
}

export function formatRow(row: Row): string {
  const { name, bound, remark } = row
  const cells = [name, figureOf(row), spreadOf(row), boundOf(bound), verdictOf(row), remark ?? '']
  return `| ${cells.join(' | ')} |`
}

/** The whole of it; under each group a table. */
export function toMarkdown(rows: readonly Row[], about: readonly string[]): string {
  const groups = [...new Set(rows.map(({ group }) => group))]
  const tables = groups.map((group) =>
    [
      `### ${group}`,
      '',
      '| measure | median | spread | bound | verdict | |',
      '|---|---|---|---|---|---|',
      ...rows.filter((row) => row.group === group).map(formatRow),
    ].join('\n'),
  )
  return `${[about.join('  \n'), ...tables].join('\n\n')}\n`
}

function figureOf({ value, unit }: Row): string {
  return value === undefined ? 'not measured here' : `${format(value, unit)} ${unit}`
}

function spreadOf({ spread, unit }: Row): string {
  return spread ? `${format(spread[0], unit)} to ${format(spread[1], unit)}` : ''
}

function boundOf(bound: Bound | undefined): string {
  return bound ? `${bound.kind} ${bound.value}` : ''
}

function format(value: number, unit: Unit): string {
  // As fine as the bounds, so that a verdict can be seen from its figure.
  if (unit === 'x' || unit === 's/GiB') return value.toFixed(2)
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  if (value >= 100) return Math.round(value).toString()
  return value.toPrecision(value >= 10 ? 3 : 2)
}
