/** Waits for something that gives no event of its own. */

import { setTimeout as after } from 'node:timers/promises'

/** Resolves once `holds` says so; rejects after `limitMs`, by default 30,000. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  for (const end = Date.now() + limitMs; !(await holds()); await after(5)) {
    if (Date.now() > end) throw new Error(`It did not come true within ${limitMs} ms.`)
  }
}
