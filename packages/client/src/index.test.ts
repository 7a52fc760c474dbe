import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** All modules that `entry` leads to: files of ours by URL, others by name. */
async function modulesOf(entry: URL, found: Set<string> = new Set()): Promise<Set<string>> {
  if (found.has(entry.href)) return found
  found.add(entry.href)
  const source = await readFile(fileURLToPath(entry), 'utf8')
  const imports = source.matchAll(/^(?:import|export)(?! type)[^']*from '([^']+)'/gm)
  for (const [, name = ''] of imports) {
    if (name.startsWith('.')) await modulesOf(new URL(name, entry), found)
    else found.add(name)
  }
  return found
}

async function foreignTo(entry: string): Promise<string[]> {
  const modules = await modulesOf(new URL(entry, import.meta.url))
  return [...modules].filter((name) => !name.startsWith('file:')).sort()
}

test('the portable entry needs nothing but the protocol', async () => {
  expect(await foreignTo('index.ts')).toEqual(['@lading/protocol'])
})

test('the entry for Node does need Node, which shows that the look above sees', async () => {
  expect(await foreignTo('node.ts')).toContain('node:fs/promises')
})
