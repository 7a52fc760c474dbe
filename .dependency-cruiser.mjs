/** Who may import whom. `tools/check-boundaries.mjs` runs it, and shows that each rule can fail. */

const room = (name) => `^packages/server/src/${name}/`
const TESTS = '[.](test|contract)[.]ts$|/fixtures/|/testing/'

/** The client's files that only Node can load; everything else of it runs in a browser too. */
const NODE_ONLY =
  '^packages/client/src/(node|(ali-oss|credential-providers)/[a-z-]+|files/[a-z-]+|transport/(node|proxy|tunnel-agent)|downloader/(checkpoint-file|file-sink|node-stream-sink|partial-file)|uploader/(checkpoint-file|file-source))[.]ts$'

/** Rooms of the server and the only rooms each may see besides itself. */
const rooms = {
  http: ['api', 'access', 'policy', 'observe'],
  api: ['store', 'access', 'policy'],
  access: ['policy'],
  policy: [],
  store: ['ports'],
  ports: [],
  drivers: ['ports'],
  observe: ['ports'],
  inspect: ['ports'],
  migrate: ['ports', 'inspect', 'store'],
}

export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      // A circle that only types close is gone once compiled: nothing loads before it is ready.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere would be left out of every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-unlisted',
      comment: 'A package declares what it imports; what happens to lie in node_modules may go.',
      severity: 'error',
      // What the console imports is built into its page, and nobody who has the page needs it.
      from: { path: '^packages/', pathNot: [TESTS, '^packages/console/'] },
      // A peer is installed for development too, and declared all the same.
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        dependencyTypesNot: ['npm-peer'],
      },
    },
    {
      name: 'protocol-imports-no-package-of-ours',
      comment: 'Everybody stands on the protocol, so it stands on nobody.',
      severity: 'error',
      from: { path: '^packages/protocol/' },
      to: { path: '^packages/(?!protocol/)' },
    },
    {
      name: 'protocol-touches-no-platform',
      comment: 'It runs in a browser too. `#hash` and `#error-codes` are its only seams.',
      severity: 'error',
      from: { path: '^packages/protocol/src/', pathNot: `${TESTS}|^packages/protocol/src/hash/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'client-imports-only-protocol',
      comment: 'The client must not need the server.',
      severity: 'error',
      from: { path: '^packages/client/', pathNot: TESTS },
      to: { path: '^packages/(?!client/|protocol/)' },
    },
    {
      name: 'client-touches-node-in-few-files',
      comment: 'What `index.ts` leads to runs in a browser; Node is behind `node.ts`.',
      severity: 'error',
      from: { path: '^packages/client/src/', pathNot: [TESTS, NODE_ONLY] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'client-reaches-node-by-one-door',
      comment: 'Only `node.ts` and the files behind it import what needs Node.',
      severity: 'error',
      from: { path: '^packages/client/src/', pathNot: [TESTS, NODE_ONLY] },
      to: { path: NODE_ONLY },
    },
    {
      name: 'server-imports-only-protocol',
      comment: 'The server must not need the client.',
      severity: 'error',
      from: { path: '^packages/server/', pathNot: TESTS },
      to: { path: '^packages/(?!server/|protocol/)' },
    },
    {
      name: 'uppy-imports-only-client',
      comment: 'The plugin is a caller like any other: what it needs, the client exports.',
      severity: 'error',
      from: { path: '^packages/uppy/', pathNot: TESTS },
      to: { path: '^packages/(?!uppy/|client/)' },
    },
    {
      name: 'console-imports-only-the-client',
      comment: 'The console is a page that talks to a service, any service: it must not need ours.',
      severity: 'error',
      from: { path: '^packages/console/', pathNot: TESTS },
      to: { path: '^packages/(?!console/|client/)' },
    },
    {
      name: 'public-entries-only',
      comment: 'Another package is what its `exports` say; its files may move.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/',
        pathNot: [
          '^packages/$1/',
          '^packages/[^/]+/(src|dist)/(browser|index|node|presign-server|testing|upload|values)[.](ts|js|d[.]ts)$',
          '^packages/client/(src|dist)/browser/hash-worker[.](ts|js|d[.]ts)$',
        ],
      },
    },
    ...Object.entries(rooms).map(([name, seen]) => ({
      name: `server-${name}`,
      comment: `In the server, ${name}/ may see ${seen.length > 0 ? `${seen.join('/, ')}/ and ` : ''}the protocol.`,
      severity: 'error',
      from: { path: room(name), pathNot: TESTS },
      to: { path: `^packages/server/src/(?!(${[name, ...seen].join('|')})/)` },
    })),
    {
      name: 'drivers-know-no-other-driver',
      comment: 'Each engine can be taken out alone.',
      severity: 'error',
      from: { path: '^packages/server/src/drivers/([^/]+)/', pathNot: TESTS },
      to: {
        path: '^packages/server/src/drivers/[^/]+/',
        pathNot: '^packages/server/src/drivers/$1/',
      },
    },
    {
      name: 'only-compose-knows-drivers',
      comment: 'Which engine keeps the data is decided in one file.',
      severity: 'error',
      from: {
        path: '^packages/server/src/',
        pathNot: `${TESTS}|^packages/server/src/(drivers/|compose[.]ts$|start-server[.]ts$)`,
      },
      to: { path: '^packages/server/src/drivers/' },
    },
    {
      name: 'sources-import-no-tests',
      comment: 'Tests and contract suites stay out of the build.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: TESTS },
      to: { path: TESTS },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    tsPreCompilationDeps: true,
    // Else what a workspace imports from another one counts as unlisted.
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['lading-source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.d.ts'],
    },
  },
}
