/** What a test counted, told on the console and, under `npm run proof`, summed over its steps. */

import { appendFileSync } from 'node:fs'

/** Adds `value` to the figure of that name, which is the same in each step of a section. */
export function reportFigure(name: string, value: number): void {
  const file = process.env.LADING_FIGURES
  if (file) appendFileSync(file, `${JSON.stringify([name, value])}\n`)
  console.log(`${name}: ${value}`)
}
