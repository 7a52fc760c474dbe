/** `#error-codes` in a browser, which is told by the service what the service refuses, and why. */

import type { errorCodes as all } from './all.ts'

export const errorCodes: Readonly<
  Partial<Record<keyof typeof all, { readonly status: number; readonly message: string }>>
> = {}
