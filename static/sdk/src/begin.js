// Takes over the function that the stub left, or makes it.
import { methods, replay, run } from './core.js'
import { setScript } from './options.js'

/** @typedef {import('./types.js').Global} Global */

/** @param {HTMLScriptElement | null} [script] the tag; a bundle has none, and its attributes are not ours */
export const begin = (script) => {
  /** @type {any} */
  const given = { ...script?.dataset } // data-key and other options
  const host = /** @type {{cueline?: Global}} */ (window)
  const cueline = (host.cueline ??= /** @type {Global & any} */ (
    Object.assign((/** @type {any[]} */ ...args) => cueline.run(args), { q: [] })
  ))
  const { q } = cueline
  if (!q) return // something of the page's own bears the name
  if (!cueline.run) {
    setScript(script)
    Object.assign(cueline, { run, replay })
    for (const name in methods) cueline[name] = (/** @type {any[]} */ ...args) => run([name, ...args])
  }
  q.splice(0).forEach(replay) // what was said about consent holds from the start; the rest waits for the key
  if (given.key) cueline('init', given)
}
