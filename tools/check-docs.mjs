/** Compiles every TypeScript block of the pages against the sources, and follows their relative links. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { root, runScript, SetUpError } from '../scripts/setup.mjs'

await runScript(async () => {
  const pages = findPages().map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  const broken = pages.flatMap(deadLinks)
  const blocks = pages.flatMap(codeBlocks)
  if (blocks.length === 0) throw new SetUpError('No TypeScript block was found in any page.')
  const problems = [...broken, ...compile(blocks)]
  if (problems.length > 0) throw new SetUpError(problems.join('\n'))
  console.log(`${pages.length} pages, ${blocks.length} blocks`)
  return 0
})

function findPages() {
  const within = (folder) =>
    readdirSync(`${root}${folder}`, { recursive: true })
      .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
      .map((file) => join(root, folder, file))
  const top = readdirSync(root).filter((file) => file.endsWith('.md'))
  return [...top.map((file) => join(root, file)), ...within('docs'), ...within('packages')]
}

function deadLinks({ path, text }) {
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(path), target)))
    .map((target) => `${path}: the link ${target} leads nowhere`)
}

/** Each block as a module of its own, kept at its line of the page so that errors point there. */
function codeBlocks({ path, text }) {
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match, index) => {
    const linesBefore = text.slice(0, match.index).split('\n').length
    return {
      name: `${path}.${index}.ts`,
      text: `${'\n'.repeat(linesBefore)}${match[1]}\nexport {}\n`,
    }
  })
}

function compile(blocks) {
  const sources = new Map(blocks.map(({ name, text }) => [name.replaceAll('\\', '/'), text]))
  const { config } = ts.readConfigFile(`${root}tsconfig.tests.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [] },
    ts.sys,
    root,
  )
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (name) => sources.has(name) || fileExists(name)
  host.readFile = (name) => sources.get(name) ?? readFile(name)
  host.getSourceFile = (name, languageVersion, ...rest) =>
    sources.has(name)
      ? ts.createSourceFile(name, sources.get(name), {
          languageVersion,
          impliedNodeFormat: ts.ModuleKind.ESNext,
        })
      : getSourceFile(name, languageVersion, ...rest)
  const declarations = `${root}tests/sdk/ali-oss.d.ts`
  const rootNames = [...sources.keys(), ...(existsSync(declarations) ? [declarations] : [])]
  const program = ts.createProgram({ rootNames, options, host })
  return [...sources.keys()].flatMap((name) => {
    const file = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start = 0, messageText }) =>
        `${name.replace(/\.\d+\.ts$/, '')}:${file.getLineAndCharacterOfPosition(start).line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
  })
}
