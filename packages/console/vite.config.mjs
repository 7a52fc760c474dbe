/** Builds the console: one page with its script and style inside it, and the policy that lets only those run. */

import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Works under any path, so that it can be put anywhere as a file.
  base: './',
  logLevel: 'warn',
  // The sources of the client, so that it need not be compiled first.
  resolve: { conditions: ['lading-source', 'browser', 'module', 'import', 'default'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    assetsDir: '.',
    modulePreload: false,
    cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
  // A worker may load no second file either.
  worker: { format: 'es', rolldownOptions: { output: { codeSplitting: false } } },
  plugins: [onePage()],
})

/**
 * Puts script and style into the page, each named in the policy by its hash: a source such as `'self'`
 * would let every stored object of the same origin be a script of the console.
 */
function onePage() {
  return {
    name: 'one-page',
    enforce: 'post',
    generateBundle(_, bundle) {
      const page = bundle['index.html']
      // The bundler leaves this for files to load ahead, of which there are none.
      const script = take(bundle, ({ isEntry }) => isEntry)
        .code.replaceAll('__VITE_PRELOAD__', '[]')
        .trim()
      const style = String(take(bundle, ({ fileName }) => fileName.endsWith('.css')).source).trim()
      if (/<\/(script|style)/i.test(script + style)) throw new Error('The page would end too soon.')
      const policy = (more) =>
        [
          "default-src 'none'",
          `script-src '${hashOf(script)}' 'wasm-unsafe-eval'`,
          `style-src '${hashOf(style)}'`,
          'img-src data:',
          "worker-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          ...more,
        ].join('; ')
      // A page from elsewhere talks to the endpoint that is typed into it; ours to its own origin alone.
      const anywhere = policy(['connect-src http: https:'])
      const meta = `<meta http-equiv="Content-Security-Policy" content="${anywhere}">`
      page.source = String(page.source)
        .replace(/<(script|link)\b[^>]*(src|href)="\.\/[^>]*>(<\/script>)?\s*/g, '')
        .replace(/<meta charset="utf-8" ?\/?>/, (charset) => `${charset}\n    ${meta}`)
        .replace('</head>', () => `<style>${style}</style>\n  </head>`)
        .replace('</body>', () => `<script type="module">${script}</script>\n  </body>`)
      this.emitFile({
        type: 'asset',
        fileName: 'content-security-policy.txt',
        source: `${policy(["connect-src 'self'", "frame-ancestors 'none'"])}\n`,
      })
    },
  }
}

function take(bundle, isIt) {
  const [found, ...more] = Object.values(bundle).filter(isIt)
  if (!found || more.length > 0) throw new Error('The build made other files than were thought of.')
  delete bundle[found.fileName]
  return found
}

function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
