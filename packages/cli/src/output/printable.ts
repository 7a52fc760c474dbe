/** Text from elsewhere, made safe for a terminal. */

/**
 * Escapes control characters, so that a key can neither break a line in two nor drive the terminal.
 * `--json` carries the text as it is.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => {
      const code = character.charCodeAt(0)
      return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`
    },
  )
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
