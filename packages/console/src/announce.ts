/** What is said to those who listen to the page instead of looking at it. */

import { type Signal, signal } from '@preact/signals'

/** Rendered as a polite live region. */
export const spoken: Signal<string> = signal('')

export function announce(words: string): void {
  // The same words twice would not be spoken again.
  spoken.value = spoken.value === words ? `${words}\u00a0` : words
}
