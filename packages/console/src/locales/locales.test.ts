import { expect, test } from 'vitest'
import { en } from './en.ts'
import { zhCn } from './zh-cn.ts'

const locales: Readonly<Record<string, Readonly<Record<string, string>>>> = { en, 'zh-CN': zhCn }
const stem = (key: string): string => key.replace(/_(zero|one|two|few|many|other)$/, '')

test('every locale has the same sentences, and each of them in every form that its numbers take', () => {
  const wanted = [...new Set(Object.keys(en).map(stem))].sort()
  for (const [language, sentences] of Object.entries(locales)) {
    const keys = Object.keys(sentences)
    expect([...new Set(keys.map(stem))].sort(), language).toEqual(wanted)
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    for (const key of keys.filter((each) => each !== stem(each))) {
      const own = keys
        .filter((each) => stem(each) === stem(key))
        .map((each) => each.slice(stem(each).length + 1))
      expect(own.sort(), `${language} ${key}`).toEqual([...forms].sort())
    }
  }
})

test('the values that a sentence names are the same in every locale', () => {
  const values = (text: string): string[] =>
    [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name).sort()
  for (const [key, text] of Object.entries(zhCn)) {
    const english: string = Reflect.get(en, key)
    expect(values(text), key).toEqual(values(english))
  }
})

test('no sentence is empty, and no sentence is in two languages at once', () => {
  for (const [language, sentences] of Object.entries(locales)) {
    for (const [key, text] of Object.entries(sentences)) {
      expect(text.trim(), `${language} ${key}`).not.toBe('')
      if (language === 'en') expect(text, key).not.toMatch(/\p{Script=Han}/u)
    }
  }
})
