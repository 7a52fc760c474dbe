/**
 * TypeScript of the tests as a program that Node runs by itself, for tests whose subject is a process.
 * What it imports of the packages are their built files.
 */

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const tests = fileURLToPath(new URL('..', import.meta.url))
const output = join(tests, 'dist')

/** Compiles `file` and all of the tests that it imports, and gives back the path of the program. */
export function compiled(file: URL): string {
  const source = fileURLToPath(file)
  compile(source, new Set())
  return outputOf(source)
}

function compile(source: string, seen: Set<string>): void {
  if (seen.has(source)) return
  seen.add(source)
  const text = readFileSync(source, 'utf8')
  for (const { fileName } of ts.preProcessFile(text).importedFiles) {
    const imported = resolve(dirname(source), fileName)
    if (fileName.startsWith('.') && isTest(imported)) compile(imported, seen)
  }
  const target = outputOf(source)
  if (isNewer(target, source)) return
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      rewriteRelativeImportExtensions: true,
    },
  })
  mkdirSync(dirname(target), { recursive: true })
  // Whole at once: another test may be about to run it.
  const unfinished = `${target}.${process.pid}`
  writeFileSync(unfinished, built(outputText))
  renameSync(unfinished, target)
}

/** Sources of packages become their built files, one folder further away. */
function built(text: string): string {
  return text.replaceAll(/(['"])((?:[.][.]\/)+packages\/[a-z]+\/)src\//g, '$1../$2dist/')
}

function isTest(path: string): boolean {
  return !relative(tests, path).startsWith('..')
}

function outputOf(source: string): string {
  return join(output, relative(tests, source)).replace(/[.]ts$/, '.js')
}

function isNewer(target: string, source: string): boolean {
  const made = statSync(target, { throwIfNoEntry: false })
  return made !== undefined && made.mtimeMs > statSync(source).mtimeMs
}
