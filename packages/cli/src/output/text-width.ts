/** How wide a text is on a terminal. */

/** What a terminal shows two columns wide: East Asian scripts, full-width forms and most emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** What it shows on top of the character before, or not at all. */
const hidden = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u

/** In columns. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += widthOf(character)
  return width
}

/** As much of its beginning as has room in `columns`. */
export function headOf(text: string, columns: number): string {
  let [width, end] = [0, 0]
  for (const character of text) {
    width += widthOf(character)
    if (width > columns) break
    end += character.length
  }
  return text.slice(0, end)
}

/** As much of its end as has room in `columns`. */
export function tailOf(text: string, columns: number): string {
  let [width, begin] = [0, text.length]
  for (const character of [...text].reverse()) {
    width += widthOf(character)
    if (width > columns) break
    begin -= character.length
  }
  return text.slice(begin)
}

function widthOf(character: string): number {
  if (character >= ' ' && character <= '~') return 1
  if (wide.test(character)) return 2
  return hidden.test(character) ? 0 : 1
}
