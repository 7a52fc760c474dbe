/**
 * Loaded into a server's processes before all else: their clock is that of the system and as many
 * milliseconds as the file says that `LADING_TEST_CLOCK` names, at each look.
 */

import { readFileSync } from 'node:fs'

const file = process.env.LADING_TEST_CLOCK
const SystemDate = Date

function now() {
  return SystemDate.now() + Number(readFileSync(file, 'utf8'))
}

class SetDate extends SystemDate {
  constructor(...given) {
    if (given.length === 0) super(now())
    else super(...given)
  }

  static now() {
    return now()
  }
}

globalThis.Date = SetDate
