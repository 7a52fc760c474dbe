/** The words for the codes, where there is room for them: `all.ts` and `none.ts` implement it. */

import type { KnownErrorCode } from '../errors.ts'

export declare const errorTexts: Readonly<Partial<Record<KnownErrorCode, string>>>
