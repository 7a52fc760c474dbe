/**
 * Closes a run with one plain line, `N passed, N failed[, N skipped]`, whatever the runner prints.
 * Before it every skipped test is named. Under CI a skip counts as a failure: there, everything that
 * a test may need has to be present.
 */

import { appendFileSync } from 'node:fs'
import type { Reporter, TestModule, Vitest } from 'vitest/node'

export default class CountReporter implements Reporter {
  #chosenByName = false

  onInit(vitest: Vitest): void {
    // Whoever asks for some tests by name (`-t`) knows that the others do not run.
    this.#chosenByName = vitest.config.testNamePattern !== undefined
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0
    // An error outside any test still fails the run, so the line must not read as a success.
    let failed = unhandled.length
    const skipped: string[] = []
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) failed += 1
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        else if (state === 'failed') failed += 1
        else if (!this.#chosenByName) skipped.push(`${module.relativeModuleId} > ${test.fullName}`)
      }
    }
    // The default reporter writes its own summary in the same event; ours has to come last.
    process.once('exit', () => {
      for (const name of skipped) console.log(`skipped: ${name}`)
      const skipsFail = Boolean(process.env.CI) && skipped.length > 0
      if (skipsFail) {
        console.log('CI is set, so a skipped test counts as failed.')
        process.exitCode = 1
      }
      report(passed, skipsFail ? failed + skipped.length : failed, skipsFail ? 0 : skipped.length)
    })
  }
}

/** Prints the line, or leaves it to the caller of several runs, who names a file to collect them. */
function report(passed: number, failed: number, skipped: number): void {
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  const collected = process.env.LADING_COUNTS
  if (collected) appendFileSync(collected, `${passed} ${failed} ${skipped}\n`)
  console.log(collected ? `counted ${line}` : line)
}
