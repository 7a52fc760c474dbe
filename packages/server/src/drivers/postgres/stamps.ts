/** What tells two sets of parts apart: each commit of a part draws another stamp for it. */

/** Stamps of 48 bits: ten thousand of them add up to less than 2^63. */
const STAMPS = 2 ** 48

export function newStamp(): number {
  return Math.floor(Math.random() * STAMPS)
}
