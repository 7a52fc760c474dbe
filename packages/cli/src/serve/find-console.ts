/** Where the built console lies. */

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `undefined`, and a line on the terminal, in a clone where nothing is built: the service goes without it. */
export function findConsole(): { readonly directory: string } | undefined {
  const page = fileURLToPath(import.meta.resolve('@lading/console/index.html'))
  if (existsSync(page)) return { directory: dirname(page) }
  if (process.stderr.isTTY) {
    process.stderr.write('the console is not built, and not served; "npm run build" builds it\n')
  }
  return undefined
}
