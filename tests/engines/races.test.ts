/** The races for one upload across two gateways, which share nothing but a PostgreSQL and a Ceph. */

import { startServer } from '@lading/server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { statements } from '../../packages/server/src/drivers/postgres/connections.ts'
import { describeRaces, type RacedServers, Races } from '../races/races.contract.ts'
import { MASTER_KEY } from '../support/places.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR } from '../support/serve-process.ts'
import { describeWithEngines, useEngines } from './use-engines.ts'

const ROUNDS = Number(process.env.LADING_RACE_ROUNDS ?? 10)

describeWithEngines('over a PostgreSQL and a Ceph', () => {
  const engines = useEngines()

  /** Each has stores of its own, as it would in another process. */
  async function startTwo(): Promise<RacedServers> {
    const place = await engines.fresh()
    const start = () => startServer({ ...place, masterKey: MASTER_KEY, credentials: [KEY_PAIR] })
    // One after the other: the first one makes the tables.
    const servers = [await start(), await start()]
    return {
      ports: servers.map(({ port }) => port),
      async close() {
        await Promise.all(servers.map((server) => server.close()))
      },
    }
  }

  describeRaces('two gateways', { rounds: ROUNDS, start: startTwo })

  describe('without the lock of a part on its upload', () => {
    test('those races lose acknowledged parts, and tell', { timeout: 300_000 }, async () => {
      const { addPart, shareUpload } = statements
      statements.addPart = addPart.replace('FOR SHARE', '')
      statements.shareUpload = shareUpload.replace('FOR SHARE', '')
      onTestFinished(() => {
        Object.assign(statements, { addPart, shareUpload })
      })
      const seed = seedFromEnvironment()
      const races = await Races.open(await startTwo(), new Random(seed))
      onTestFinished(() => races.close())
      const wrong: string[] = []
      let round = 0
      while (round < 400 && wrong.length === 0) wrong.push(...(await races.melee(round++)).wrong)
      console.log(`without the lock: lost in round ${round} (seed ${seed})`)
      expect(wrong.join(), `seed ${seed}`).toMatch(/acknowledged were/)
    })
  })
})
