/** Tells the records of a run which test file they are of; see `tests/support/suite-records.ts`. */

import { relative } from 'node:path'
import { expect } from 'vitest'

process.env.LADING_TEST_FILE = relative(process.cwd(), expect.getState().testPath ?? '')
