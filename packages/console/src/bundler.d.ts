/** What the bundler makes of imports that are no modules: style sheets go into the page, workers into files. */

declare module '*.css'

declare module '*?worker' {
  const start: new () => Worker
  export default start
}
