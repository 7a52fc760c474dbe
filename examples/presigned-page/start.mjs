/** `npm start`: sets a fresh clone up, then serves the page until Ctrl-C. */

import { runScript, setUp } from '../../scripts/setup.mjs'

await runScript(async () => {
  await setUp()
  const { serve } = await import('./dist/server.js')
  const { url } = await serve({ port: Number(process.env.PORT ?? 3000) })
  console.log(`Open ${url} and choose a file. Reload in the middle, and choose it again.`)
  return 0
})
