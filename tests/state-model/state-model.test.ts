/** Every state of two small uploads, three actors, a crash and the collector; see docs/reliability.md. */

import { describe, expect, test } from 'vitest'
import { reportFigure } from '../support/figures.ts'
import { explore } from './explore.ts'
import { type Budget, type Rules, serverRules } from './upload-machine.ts'

/** What the actors may do in all. Each more multiplies the states. */
const budgets = {
  atHome: { puts: 3, completions: 1, aborts: 1, reads: 0, collections: 1, crashes: 1 },
  inCi: { puts: 3, completions: 1, aborts: 1, reads: 1, collections: 2, crashes: 1 },
  proof: { puts: 3, completions: 2, aborts: 1, reads: 1, collections: 2, crashes: 1 },
} as const satisfies Readonly<Record<string, Budget>>

/** Enough for one object to replace another one that is being read. */
const replacing: Budget = {
  puts: 2,
  completions: 2,
  aborts: 0,
  reads: 1,
  collections: 1,
  crashes: 0,
}

function chosenBudget(): Budget {
  if (process.env.LADING_PROOF === 'model') return budgets.proof
  return process.env.CI ? budgets.inCi : budgets.atHome
}

describe('two uploads of two parts, three actors, a crash and the collector', () => {
  test('no state that can be reached breaks a promise', { timeout: 3_600_000 }, () => {
    const { states, transitions, broken } = explore(chosenBudget(), serverRules)
    reportFigure('states', states)
    reportFigure('transitions', transitions)
    reportFigure('violations', broken ? 1 : 0)
    expect(broken).toBeUndefined()
    expect(states).toBeGreaterThan(5_000)
  })

  test.each(Object.keys(serverRules) as (keyof Rules)[])(
    'without the rule %s a state is reached that breaks one',
    (rule) => {
      const budget = rule === 'sparesReads' ? replacing : budgets.atHome
      const { broken } = explore(budget, { ...serverRules, [rule]: false })
      expect(broken).toBeDefined()
      console.log(`not ${rule}: ${broken?.promise} (${broken?.steps.join('; ')})`)
    },
  )
})
