/** Names chosen by a pattern: `*` stands for any characters, none too, and `?` for one. */

/** Takes time by the product of both lengths at worst, whatever the pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0
  let inPattern = 0
  let star = -1
  let resumeAt = 0
  while (at < text.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern
      resumeAt = at
      inPattern += 1
    } else if (pattern[inPattern] === '?' || pattern[inPattern] === text[at]) {
      inPattern += 1
      at += 1
    } else if (star >= 0) {
      // The last star takes one more character, and the rest is tried again.
      inPattern = star + 1
      resumeAt += 1
      at = resumeAt
    } else {
      return false
    }
  }
  while (pattern[inPattern] === '*') inPattern += 1
  return inPattern === pattern.length
}
