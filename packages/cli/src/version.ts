/** The version of this package. */

import { createRequire } from 'node:module'

// Read at run time: the compiled file and the source are both one folder below it.
const manifest = createRequire(import.meta.url)('../package.json') as { version: string }

export const version: string = manifest.version
