/**
 * `npm run test:engines`: the tests of the service over PostgreSQL and a Ceph, and what is shown of those
 * engines themselves and of gateways that share them, in more rounds than `npm test` takes. Both are
 * started out of the system's packages, and thrown away.
 */

import { runNode, runScript, setUp } from './setup.mjs'

await runScript(async () => {
  await setUp()
  const env = { ...process.env, LADING_TEST_ENGINES: '1' }
  const vitest = 'node_modules/vitest/vitest.mjs'
  const service = await runNode(vitest, ['run', '--project', 'engines'], { env })
  const folders = ['tests/postgres/', 'tests/s3/', 'tests/engines/']
  const engines = await runNode(vitest, ['run', '--project', 'system', ...folders], {
    env: { LADING_GATEWAY_ROUNDS: '100', LADING_RACE_ROUNDS: '400', ...process.env },
  })
  return service || engines
})
