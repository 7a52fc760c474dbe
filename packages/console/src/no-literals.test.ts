import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('.', import.meta.url))

/** Attributes that people read or hear. */
const READ = ['alt', 'aria-label', 'aria-valuetext', 'label', 'title', 'words']

function literalsOf(name: string, text: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /\p{L}/u.test(node.text)) found.push(node.text.trim())
    if (ts.isJsxAttribute(node) && READ.includes(node.name.getText())) {
      const { initializer } = node
      const isSentence = initializer && ts.isStringLiteral(initializer)
      // The name of a sentence, with a type that says so, is none.
      if (isSentence && !/^[a-z][A-Za-z]*\.[a-zA-Z.]+$/.test(initializer.text)) {
        found.push(initializer.text)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TSX))
  return found
}

test('no view has words of its own: every sentence is in the locales', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  const views = files.filter((file) => file.endsWith('.tsx'))
  expect(views.length).toBeGreaterThan(20)
  for (const view of views) {
    expect(literalsOf(view, readFileSync(`${root}${view}`, 'utf8')), view).toEqual([])
  }
  expect(literalsOf('planted.tsx', '<p title="Hello">World</p>')).toEqual(['Hello', 'World'])
})
