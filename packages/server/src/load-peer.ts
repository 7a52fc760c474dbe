/** Packages that only some servers need, and that whoever wants such a server installs. */

/**
 * What `load` imports, which needs the package `name`.
 *
 * @throws {Error} the package is not installed; says how it is.
 */
export async function loadPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause
    throw new Error(`The package ${name} is not installed. Install it: npm install ${name}`, {
      cause,
    })
  }
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(`'${name}'`)
}
