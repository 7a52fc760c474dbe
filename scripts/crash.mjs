/** `npm run test:crash [-- --rounds N] [--seed S]`: kills the server N times (500) and checks what is left. */

import { parseArgs } from 'node:util'
import { runNode, runScript, SetUpError, setUp } from './setup.mjs'

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '500' },
      seed: { type: 'string' },
    },
  })
  for (const [name, text] of Object.entries(values)) {
    if (!/^[1-9]\d*$/.test(text)) throw new SetUpError(`--${name} takes a positive whole number.`)
  }
  await setUp()
  return runNode('node_modules/vitest/vitest.mjs', ['run', '--project', 'system', 'tests/crash/'], {
    env: {
      ...process.env,
      LADING_CRASH_ROUNDS: values.rounds,
      ...(values.seed === undefined ? {} : { LADING_SEED: values.seed }),
    },
  })
})
