/** Light or dark: as the system has it, or as chosen here. */

import { effect, type Signal, signal } from '@preact/signals'
import { readSetting, writeSetting } from './settings.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

export const theme: Signal<Theme> = signal(
  themes.find((name) => name === readSetting('theme')) ?? 'system',
)

effect(() => {
  const { dataset } = document.documentElement
  if (theme.value === 'system') delete dataset.theme
  else dataset.theme = theme.value
})

export function chooseTheme(next: Theme): void {
  theme.value = next
  writeSetting('theme', next === 'system' ? undefined : next)
}
