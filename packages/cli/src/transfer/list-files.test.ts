import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Output } from '../output/output.ts'
import type { Service } from '../service.ts'
import { listFiles } from './list-files.ts'

async function tree(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-files-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** The names, and what was told of those left out. */
async function list(directory: string): Promise<{ names: string[]; notes: string[] }> {
  const notes: string[] = []
  const output = new Output()
  output.note = (text) => notes.push(text)
  const names: string[] = []
  for await (const { name } of listFiles({ output } as Service, directory, () => true)) {
    names.push(name)
  }
  return { names, notes }
}

test('files come in the order in which the service lists keys', async () => {
  const directory = await tree()
  for (const name of ['a', 'a-b', 'b/1', 'b/.2', 'b.c', 'b0', '\uffee', '\u{1f600}']) {
    const path = join(directory, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, '')
  }
  const { names } = await list(directory)
  expect(names).toEqual(['a', 'a-b', 'b.c', 'b/.2', 'b/1', 'b0', '\uffee', '\u{1f600}'])
})

test('links are followed, but neither in a circle nor to nowhere', async () => {
  const directory = await tree()
  await mkdir(join(directory, 'real/inner'), { recursive: true })
  await writeFile(join(directory, 'real/inner/x'), '')
  await symlink('real', join(directory, 'link'))
  await symlink('..', join(directory, 'real/up'))
  await symlink('gone', join(directory, 'real/dangling'))
  const { names, notes } = await list(directory)
  expect(names).toEqual(['link/inner/x', 'real/inner/x'])
  expect(notes).toHaveLength(4)
  expect(notes.join('\n')).toMatch(/real\/up is left out: it leads back to where it lies/)
  expect(notes.join('\n')).toMatch(/real\/dangling is left out: it leads nowhere/)
})
