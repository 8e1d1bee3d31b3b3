// Takes over the function that the stub left, or makes it.
import { methods, replay, run, setOrigin } from './core.js'
import { attempt } from './text.js'

/** @typedef {import('./types.js').Global} Global */

/** The folder of this path tells where the collector is: the server replaces it where it serves the script elsewhere. */
const HERE = '/v1/cueline.js'

/** @param {any} src @returns {string | undefined} */
const rootOf = (src) => attempt(() => new URL('.', src).href.slice(0, -1 - HERE.lastIndexOf('/')))

/** @param {HTMLScriptElement | null} [script] the tag; a bundle has none, and its attributes are not ours */
export const begin = (script) => {
  /** @type {any} */
  const given = { ...script?.dataset } // data-key and other options
  const host = /** @type {{cueline?: Global}} */ (window)
  const cueline = (host.cueline ??= /** @type {Global & any} */ (
    Object.assign((/** @type {any[]} */ ...args) => cueline.run(args), { q: [] })
  ))
  const { q, href } = cueline
  if (!q) return // something of the page's own bears the name
  if (!cueline.run) {
    setOrigin({ src: script?.src, nonce: script?.nonce, url: rootOf(script?.src), snapshot: href })
    cueline.run = (/** @type {any[]} */ args) => run(args)
    cueline.replay = (/** @type {any} */ kept) => attempt(() => replay(kept))
    for (const name in methods) cueline[name] = (/** @type {any[]} */ ...args) => run([name, ...args])
    // What was said about consent holds from the start.
    for (const { 2: args } of q) if (args?.[0] == 'consent') run(args)
  }
  if (given.key) cueline('init', given)
  q.splice(0).forEach(cueline.replay)
}
