/** What is measured, in the order in which it is told. */

import type { Bench } from './bench.ts'
import { clients } from './sections/clients.ts'
import { hashCore } from './sections/hash-core.ts'
import { memory } from './sections/memory.ts'
import { requests } from './sections/requests.ts'
import { scale } from './sections/scale.ts'
import { servers } from './sections/servers.ts'
import { starts } from './sections/starts.ts'
import { strain } from './sections/strain.ts'

export type { Bench } from './bench.ts'

export const sections: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  hash: hashCore,
  clients,
  servers,
  requests,
  memory,
  starts,
  strain,
}

/** Measured when named: they need engines that a newcomer has not. */
export const askedFor: Readonly<Record<string, (bench: Bench) => Promise<void>>> = { scale }
