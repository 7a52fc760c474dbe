/** What the page remembers of its reader's taste; never a key. */

type Setting = 'language' | 'theme' | 'endpoint'

/** `undefined` too where the browser keeps nothing for pages. */
export function readSetting(name: Setting): string | undefined {
  try {
    return localStorage.getItem(`lading.${name}`) ?? undefined
  } catch {
    return undefined
  }
}

export function writeSetting(name: Setting, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`lading.${name}`)
    else localStorage.setItem(`lading.${name}`, value)
  } catch {
    // Then it is asked for again next time.
  }
}
