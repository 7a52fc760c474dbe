/** Percent-encoding as OSS wants it: one strict form out, every legal form in. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Percent-encodes all but `A-Z a-z 0-9 - . _ ~`, with upper-case hex.
 *
 * @throws {TypeError} when `text` has half of a surrogate pair, which UTF-8 cannot write.
 */
export function encodeStrict(text: string): string {
  try {
    return encodeURIComponent(text).replace(/[!'()*]/g, encodeCharacter)
  } catch (cause) {
    throw new TypeError('The text has half of a surrogate pair and cannot be written as UTF-8.', {
      cause,
    })
  }
}

/** Like `encodeStrict`, but `/` stays. */
export function encodePath(key: string): string {
  return encodeStrict(key).replaceAll('%2F', '/')
}

/**
 * Undoes percent-encoding, once. `raw` is as HTTP parsers give it: one character for each byte, so
 * UTF-8 that a client did not encode is understood as well. `undefined` when an escape is broken or
 * the bytes are not UTF-8.
 */
export function decodePercent(raw: string): string | undefined {
  try {
    return /[^\0-\x7f]/.test(raw) ? decoder.decode(rawBytes(raw)) : decodeURIComponent(raw)
  } catch {
    return undefined
  }
}

function rawBytes(raw: string): Uint8Array {
  const ascii = raw.replace(/[^\0-\x7f]/g, (character) => {
    const code = character.charCodeAt(0)
    if (code > 0xff) throw new RangeError('not one character for each byte')
    return encodeCharacter(character)
  })
  const bytes: number[] = []
  for (let index = 0; index < ascii.length; index += 1) {
    if (ascii[index] !== '%') {
      bytes.push(ascii.charCodeAt(index))
      continue
    }
    const hex = ascii.slice(index + 1, index + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) throw new RangeError('broken escape')
    bytes.push(Number.parseInt(hex, 16))
    index += 2
  }
  return Uint8Array.from(bytes)
}

function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
