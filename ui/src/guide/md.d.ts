declare module '*.md' {
  /** Made at build time, see `guide.ts` beside `vite.config.ts`. */
  const guide: import('./guide').Guide;
  export default guide;
}
