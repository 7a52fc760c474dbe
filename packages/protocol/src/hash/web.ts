/** `#hash` where there is no `node:crypto`: synchronous, audited JavaScript. */

export { hmacSha1, hmacSha256, sha256 } from './web-hmac.ts'
export { md5 } from './web-md5.ts'

/** Not a timer: those wait for milliseconds once they nest. */
export function nextTurn(run: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    run()
  }
  port2.postMessage(undefined)
}

/** Threads of browsers share memory only on pages that are isolated for it, which a library cannot ask for. */
export async function startPartsThread(): Promise<undefined> {}

export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  let difference = 0
  for (let index = 0; index < left.length; index += 1) {
    difference |= (left[index] ?? 0) ^ (right[index] ?? 0)
  }
  return difference === 0
}
