/** The list of all the operations we speak. */

import type { Operation } from './operation.ts'

export const operations: readonly Operation[] = []
