/**
 * `npm run test:client-faults [-- --rounds N] [--cells N|all] [--seed S]`: every cell of the fault
 * matrix (or N), and N kills of an uploading client (200).
 */

import { parseArgs } from 'node:util'
import { runNode, runScript, SetUpError, setUp } from './setup.mjs'

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '200' },
      cells: { type: 'string', default: 'all' },
      seed: { type: 'string' },
    },
  })
  for (const [name, text] of Object.entries(values)) {
    if (!/^[1-9]\d*$/.test(text) && !(name === 'cells' && text === 'all')) {
      throw new SetUpError(`--${name} takes a positive whole number.`)
    }
  }
  await setUp()
  const folder = 'tests/client-faults/'
  return runNode('node_modules/vitest/vitest.mjs', ['run', '--project', 'system', folder], {
    env: {
      ...process.env,
      LADING_FAULT_CELLS: values.cells,
      LADING_KILL_ROUNDS: values.rounds,
      ...(values.seed === undefined ? {} : { LADING_SEED: values.seed }),
    },
  })
})
