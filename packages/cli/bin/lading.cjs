#!/usr/bin/env node
// CommonJS on purpose: libuv reads the pool's size once, at its first use, and loading an ES module
// is such a use. Here nothing has used it yet.
process.env.UV_THREADPOOL_SIZE ??= '16'
import('../dist/main.js').catch((error) => {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error
  process.stderr.write(
    `lading: it is not built yet (${error.message})\n  Run "npm run build" first.\n`,
  )
  process.exitCode = 1
})
