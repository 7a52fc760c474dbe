/** Patterns of policies, rules and faults: `*` stands for any text, also for none and across slashes, `?` for one character. */

/** Steps for each character of both texts that a match may take before it is found in another way. */
const STEPS = 8

/**
 * Patterns are other people's, and some are made to take long: where going back over the text would,
 * all places of the text are followed at once.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let stepsLeft = STEPS * (pattern.length + text.length) + 64
  let at = 0
  let read = 0
  /** The last `*` seen, and how much of the text it stands for so far. */
  let star = -1
  let taken = 0
  while (read < text.length) {
    stepsLeft -= 1
    if (stepsLeft < 0) return matchesEverywhere(pattern, text)
    if (pattern[at] === '*') {
      star = at
      taken = read
      at += 1
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[read])) {
      at += 1
      read += 1
    } else if (star >= 0) {
      taken += 1
      at = star + 1
      read = taken
    } else return false
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}

/** The same, in a step for each character of the pattern: of a number, with a bit for each of the text. */
function matchesEverywhere(pattern: string, text: string): boolean {
  const placesOf = findPlaces(text, new Set(pattern.split('')))
  const end = 1n << BigInt(text.length)
  /** Bit n: the pattern so far can stand for the first n characters. */
  let reached = 1n
  for (let at = 0; at < pattern.length && reached !== 0n; at += 1) {
    const character = pattern.charAt(at)
    if (character === '*') {
      const least = reached & -reached
      reached = 2n * end - least
    } else {
      const fitting = character === '?' ? end - 1n : (placesOf.get(character) ?? 0n)
      reached = (reached & fitting) << 1n
    }
  }
  return (reached & end) !== 0n
}

/** Where each of `wanted` is in the text: bit n is the character after the first n. */
function findPlaces(text: string, wanted: ReadonlySet<string>): ReadonlyMap<string, bigint> {
  const length = Math.ceil(text.length / 8)
  const bits = new Map<string, Buffer>()
  for (let place = 0; place < text.length; place += 1) {
    const character = text.charAt(place)
    if (!wanted.has(character)) continue
    const own = bits.get(character) ?? Buffer.alloc(length)
    bits.set(character, own)
    const byte = length - 1 - (place >>> 3)
    own[byte] = (own[byte] ?? 0) | (1 << (place & 7))
  }
  return new Map(
    [...bits].map(([character, own]) => [character, BigInt(`0x${own.toString('hex')}`)]),
  )
}
