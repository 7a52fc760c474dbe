/**
 * Checks who imports whom, and first that the check can fail: a folder of planted violations is
 * cruised with the same rules, and every one of them has to be reported there.
 */

import { cruise } from 'dependency-cruiser'
import configuration from '../.dependency-cruiser.mjs'
import { root, runScript, SetUpError } from '../scripts/setup.mjs'

/** Fewer modules than this means that nothing was really looked at, which would read as success. */
const FEWEST_MODULES = 20

await runScript(async () => {
  const planted = await findViolations(`${root}tools/fixtures/boundaries`)
  const reported = new Set(planted.violations.map(({ rule }) => rule.name))
  const silent = configuration.forbidden
    .map(({ name }) => name)
    .filter((name) => !reported.has(name))
  if (silent.length > 0) {
    throw new SetUpError(
      `These rules did not report what is planted for them in tools/fixtures/boundaries: ${silent.join(', ')}`,
    )
  }

  const real = await findViolations(root.replace(/[/\\]$/, ''))
  if (real.modules < FEWEST_MODULES) {
    throw new SetUpError(
      `Only ${real.modules} modules were found in packages: nothing was checked.`,
    )
  }
  for (const { rule, from, to } of real.violations) {
    const { comment } = configuration.forbidden.find(({ name }) => name === rule.name) ?? {}
    console.error(`${from} -> ${to}\n    ${rule.name}: ${comment}`)
  }
  console.log(
    `${real.modules} modules, ${real.violations.length} violations; all ${reported.size} rules shown able to fail`,
  )
  return real.violations.length === 0 ? 0 : 1
})

/** `baseDir` must not end in a slash: the cruiser refuses that. */
async function findViolations(baseDir) {
  const { output } = await cruise(
    ['packages'],
    {
      ...configuration.options,
      baseDir,
      ruleSet: { forbidden: configuration.forbidden },
      validate: true,
      exclude: '/dist/|/node_modules/.*/node_modules/',
    },
    configuration.options.enhancedResolveOptions,
  )
  return { modules: output.summary.totalCruised, violations: output.summary.violations }
}
