// Deep links in the page: taken off the address, reported raw, and run here when they are for the page.
import { report } from './core.js'
import { parse, take } from './deep-link.js'
import { emit } from './emitter.js'
import { who } from './identity.js'
import { options } from './options.js'
import { erase, load, save, text } from './store.js'
import { attempt, listOf, toJson } from './text.js'

/** @typedef {{link: string, at: number}} Held */

const HELD = 'cueline.links'
const STUCK = 'cueline.stuck'
const MAX_HELD = 5
const MAX_LENGTH = 2049 // one more than a link may have, so that the collector still sees it is too long

/** @type {string} the address as we left it */
let seen

/** @param {string} href */
const takeOff = (href) => take(href, options.deepLinkParams && listOf(options.deepLinkParams))

/** Where `go` may lead: the page's own origin, or one that the page named. Throws for what is no address.
 * @param {string} [to] */
const destination = (to = '\\') => {
  const { href } = new URL(to, location.href)
  // With a password in it, or without an origin, it begins otherwise.
  const isAllowed = [location.origin, ...listOf(options.goOrigins)].some((origin) => href.startsWith(origin + '/'))
  // A link in the address it leads to would run in the next page: one step is enough.
  if (isAllowed && !/[\\\s]|^\/\//.test(to)) return takeOff(href).url
}

/** @param {Held} held @returns {string | undefined} why nothing came of it */
const open = ({ link, at }) => {
  const { verb, params } = /** @type {any} */ (parse(link))
  if (Math.abs(Date.now() - at) > (options.holdMinutes ?? 30) * 60e3) return 'expired'
  if (verb != 'go') return emit('deep_link', { link, verb, params }) ? undefined : 'no_handler'
  const url = attempt(() => destination(params.url))
  if (!url) return 'not_allowed'
  location.assign(url)
}

/** @returns {Held[]} */
const heldLinks = () => [load(HELD) ?? []].flat()

const openHeld = () => {
  if (!who().user) return
  const held = heldLinks()
  wipe()
  for (const one of held) {
    const reason = open(one)
    if (reason) report('deep_link_unhandled', { link: one.link, reason })
  }
}

/** Once the user is known, and the page's scripts had time to say what they handle. */
export const runHeld = () => {
  if (document.readyState == 'complete') openHeld()
  else addEventListener('load', () => setTimeout(openHeld))
}

/** @param {string} link @returns {boolean} whether it is one */
export const follow = (link) => {
  const { error = '', verb } = /** @type {any} */ (parse(link))
  if (/^e|^not/.test(error)) return false // empty, not_a_deep_link
  report('deep_link', { link: link.slice(0, MAX_LENGTH) })
  if (verb && verb != 'action') {
    const held = [...heldLinks(), { link, at: Date.now() }]
    save(HELD, toJson(held.slice(-MAX_HELD)))
    runHeld()
  }
  return !error
}

/** Take the link off the address, and off the one the page began with: a router may have changed it since.
 * @param {string} [snapshot]
 * @returns {string | undefined} where the visitor was before, if the page went elsewhere */
export const look = (snapshot = '') => {
  const before = seen
  if (before == location.href) return
  const { link, url } = takeOff(location.href)
  seen = url
  const stuck = text(STUCK)
  erase(STUCK)
  const isOff = attempt(() => (link && history.replaceState(history.state, '', url), true))
  // The page or the browser does not allow it: the address keeps the link. It counts once, reloaded or not.
  if (!isOff) {
    save(STUCK, /** @type {string} */ (link))
    seen = location.href
  }
  if (isOff || stuck != link) new Set([takeOff(snapshot).link, link]).forEach((one) => one && follow(one))
  return before == seen ? undefined : before
}

/** The next person at this machine inherits nothing. */
export const wipe = () => erase(HELD)
