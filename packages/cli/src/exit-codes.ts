/** What the command's exit status says, so that a script need not read its words. */

/** One number an outcome; a script may rely on them. */
export const exitCodes = {
  ok: 0,
  /** Some of several transfers failed, or something failed that has no number of its own. */
  failed: 1,
  usage: 2,
  /** No endpoint, no key pair, or an unreadable configuration. */
  config: 3,
  notFound: 4,
  denied: 5,
  /** No trustworthy answer after every retry. */
  network: 6,
  /** Bytes that disagree with their checksum. */
  verification: 7,
  exists: 8,
  /** Stopped by a signal; the parts that were sent are kept. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
