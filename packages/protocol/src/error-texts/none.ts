/** `#error-texts` in a browser, which is told by the service what the service refuses. */

import type { KnownErrorCode } from '../errors.ts'

export const errorTexts: Readonly<Partial<Record<KnownErrorCode, string>>> = {}
