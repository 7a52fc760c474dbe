/** The races for one upload on the durable drivers, through the one server of a directory. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KEY_PAIR } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { describeRaces } from './races.contract.ts'

describeRaces('one server', {
  rounds: 200,
  async start() {
    const directory = await mkdtemp(join(tmpdir(), 'lading-races-'))
    const server = await startServer({ data: { directory }, credentials: [KEY_PAIR] })
    return {
      ports: [server.port],
      async close() {
        await server.close()
        await rm(directory, { recursive: true })
      },
    }
  },
})
