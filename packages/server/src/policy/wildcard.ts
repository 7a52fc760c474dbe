/** Patterns of policies: `*` stands for any text, also for none and across slashes, `?` for one character. */

/** Steps are bounded by the product of both lengths, whatever the pattern. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0
  let read = 0
  /** The last `*` seen, and how much of the text it stands for so far. */
  let star = -1
  let taken = 0
  while (read < text.length) {
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
