/** One number that a scenario found, and what it is held against. */

export interface Measurement {
  readonly name: string
  /** `undefined` when it could not be taken here. */
  readonly value: number | undefined
  readonly unit: 'ms' | 'MiB' | 'MB/s'
  /** The most it may be; without it the number is only told. */
  readonly limit?: number
}

export function isOver({ value, limit }: Measurement): boolean {
  return value !== undefined && limit !== undefined && value > limit
}

/** One line: name, value, limit and the verdict. */
export function formatMeasurement(measurement: Measurement): string {
  const { name, value, unit, limit } = measurement
  const told = value === undefined ? 'not measured here' : `${format(value)} ${unit}`
  if (limit === undefined) return `${name.padEnd(58)} ${told.padStart(12)}`
  const verdict = value === undefined ? '' : isOver(measurement) ? 'over' : 'OK'
  return `${name.padEnd(58)} ${told.padStart(12)}   limit ${format(limit)} ${unit}   ${verdict}`
}

export function mebibytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1024 ** 2
}

function format(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toString()
}
