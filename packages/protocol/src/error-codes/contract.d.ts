/** What the codes stand for, where there is room for it: `all.ts` and `none.ts` implement it. */

import type { errorCodes as all } from './all.ts'

export declare const errorCodes: Readonly<
  Partial<Record<keyof typeof all, { readonly status: number; readonly message: string }>>
>
