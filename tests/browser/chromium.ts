/** Debian's Chromium, as a reader's browser. */

import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where it is; another one by `LADING_CHROMIUM`. */
const path =
  process.env.LADING_CHROMIUM ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** Without it the tests that need it are skipped, and where `CI` is set a skipped test fails the run. */
export const hasChromium: boolean = path !== undefined

if (!hasChromium) {
  console.warn('There is no Chromium, so tests in it are skipped: apt-get install chromium')
}

/** Whoever starts it closes it. */
export function launchChromium(): Promise<Browser> {
  if (path === undefined) throw new Error('There is no Chromium here.')
  return chromium.launch({
    executablePath: path,
    // Root has no sandbox to give; and letters are to be drawn alike everywhere.
    args: ['--no-sandbox', '--font-render-hinting=none'],
  })
}
