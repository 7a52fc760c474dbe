/** The order of keys: by their UTF-8 bytes, which is not the order of JavaScript's text. */

/**
 * Negative, zero or positive. UTF-8 keeps the order of code points; UTF-16 does not, because the
 * surrogates of U+10000 and above sort below U+E000 to U+FFFF.
 */
export function compareKeys(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  for (let at = 0; at < shorter; at++) {
    const a = left.charCodeAt(at)
    const b = right.charCodeAt(at)
    if (a !== b) return rank(a) - rank(b)
  }
  return left.length - right.length
}

/** Lifts surrogates above all other code units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
