/** Runs the scenarios named as arguments, or all; ends with 1 when a number is over its limit. */

import { formatMeasurement, isOver, type Measurement } from './measurement.ts'
import { type Scenario, scenarios } from './scenarios.ts'

const names = process.argv.slice(2)
const chosen = (names.length > 0 ? names : Object.keys(scenarios)).map(find)

const all: Measurement[] = []
for (const scenario of chosen) {
  for (const measurement of await scenario()) {
    console.log(formatMeasurement(measurement))
    all.push(measurement)
  }
}
process.exitCode = all.some(isOver) ? 1 : 0

function find(name: string): Scenario {
  const scenario = scenarios[name]
  if (scenario) return scenario
  console.error(`There is no scenario ${name}; there are ${Object.keys(scenarios).join(', ')}.`)
  process.exit(2)
}
