/** `npm run build`: makes every package's `dist`; the other scripts do it themselves. */

import { compile, installPackages, runScript } from './setup.mjs'

await runScript(async () => {
  await installPackages()
  await compile()
  return 0
})
