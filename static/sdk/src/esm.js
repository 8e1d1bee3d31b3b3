// The same `cueline` for bundlers. Importing it does nothing, and on a server there is nothing to do. In a page the first
// call looks for the `cueline` that the page has already, of a tag or of another bundle; if there is none, this is it.
import { begin } from './begin.js'

/** @typedef {import('./types.js').Global & {bundled?: boolean}} Queue */

const METHODS = 'init online identify logout action event set tags dp on off page consent flush'

/** @param {any[]} args */
const keep = (args) => new Promise((resolve) => cueline.q?.push([Date.now(), Math.random(), args, resolve]))

/** A tag's core comes by itself; a queue that a bundle or a part made waits for this.
 * @param {Queue} found */
const isOurs = (found) => !found.run && (found.bundled || !found.href)

/** @param {any[]} args */
const call = (args) => {
  if (typeof window == 'undefined') return Promise.resolve(args[0] == 'dp' ? false : undefined)
  const page = /** @type {Window & {cueline?: Queue}} */ (window)
  const found = (page.cueline ??= Object.assign(cueline, { q: [], href: location.href, bundled: true }))
  if (!found.q) return Promise.resolve(console.warn('cueline: something else on this page bears the name'))
  if (args[0] == 'init' && isOurs(found)) begin()
  if (found != cueline) return found(...args)
  return cueline.run ? cueline.run(args) : keep(args)
}

/** @returns {Queue} */
const create = () => {
  const made = /** @type {any} */ ((/** @type {any[]} */ ...args) => call(args))
  for (const name of METHODS.split(' ')) made[name] = (/** @type {any[]} */ ...args) => call([name, ...args])
  return made
}

export const cueline = /* @__PURE__ */ create()
export default cueline
