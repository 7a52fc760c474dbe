/** `signV4` for those who may never need it. */

import type { signV4 } from './v4.ts'

/** Loaded when it is first asked for: a page that is given signed URLs has no keys to sign with. */
export async function loadSignV4(): Promise<typeof signV4> {
  return (await import('./v4.ts')).signV4
}
