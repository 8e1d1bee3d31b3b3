// The core as it is served: takes over the function that the stub left, or makes it.
import { createCueline } from './core.js'

/** @typedef {((...args: any[]) => unknown) & {q?: import('./types.js').Kept[], href?: string} & Record<string, any>} Global */

const begin = () => {
  const host = /** @type {import('./types.js').Host & {cueline?: Global}} */ (window)
  if (host.cueline?.run) return // the tag is on the page twice
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript)
  /** @type {Global} */
  const cueline = (host.cueline ??= (...args) => cueline.run(args))
  const origin = (script?.src ?? '').replace(/\/v1\/[^/]*$/, '')
  const { run, replay, names } = createCueline(host, origin, cueline.href)
  const given = { ...script?.dataset } // data-key and other options
  cueline.run = (/** @type {any[]} */ args) => run(args)
  for (const name of names) cueline[name] = (/** @type {any[]} */ ...args) => run([name, ...args])
  if (given.key) cueline('init', given)
  cueline.q?.splice(0).forEach(replay)
}
begin()
