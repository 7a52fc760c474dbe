/** The page's words, in the reader's language. */

import { effect, type Signal, signal } from '@preact/signals'
import i18next from 'i18next'
import { en } from './locales/en.ts'
import { zhCn } from './locales/zh-cn.ts'
import { readSetting, writeSetting } from './settings.ts'

/** What the page can be read in, each called as its readers call it. */
export const languages = { en: 'English', 'zh-CN': '简体中文' } as const

export type Language = keyof typeof languages

/** A sentence of the page; of those with a number in them without `_one` and `_other`. */
export type Words = Unnumbered<keyof typeof en>

type Unnumbered<Key> = Key extends `${infer Stem}_one` | `${infer Stem}_other` ? Stem : Key

export const language: Signal<Language> = signal(firstLanguage())

i18next.init({
  lng: language.value,
  fallbackLng: 'en',
  // Keys have dots in them, and values are escaped by whoever renders them.
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
  resources: { en: { translation: en }, 'zh-CN': { translation: zhCn } },
  initAsync: false,
})

effect(() => {
  document.documentElement.lang = language.value
})

export function chooseLanguage(next: Language): void {
  language.value = next
  writeSetting('language', next)
}

/** In the present language; whoever renders it renders again when that changes. */
export function t(words: Words, values: Readonly<Record<string, string | number>> = {}): string {
  return i18next.t(words, { ...values, lng: language.value })
}

function firstLanguage(): Language {
  const wanted = [readSetting('language') ?? '', ...navigator.languages]
  for (const name of wanted) {
    if (/^zh\b/i.test(name)) return 'zh-CN'
    if (/^en\b/i.test(name)) return 'en'
  }
  return 'en'
}
