// Deep links in the page: taken off the address, reported raw, and run here when they are for the page.
import { report } from './core.js'
import { parse, take } from './deep-link.js'
import { emit } from './emitter.js'
import { change, who } from './identity.js'
import { options } from './options.js'
import { attempt, listOf } from './text.js'

const MAX_HELD = 5

/** @type {string} the address as we left it */
let seen
/** @type {string} the last link */
let taken

/** @param {string} href */
const takeOff = (href) => take(href, options.deepLinkParams && listOf(options.deepLinkParams))

/** `go` leads to the page's own origin, or to one that the page named. @param {string} [to] @returns {string} why not */
const go = (to = '\\') =>
  attempt(() => {
    const { href } = new URL(to, location.href)
    // With a password in it, or without an origin, it begins otherwise.
    const isAllowed = [location.origin, ...listOf(options.goOrigins)].some((origin) => href.startsWith(origin + '/'))
    if (!isAllowed || /[\\\s]|^\/\//.test(to)) return
    location.assign(takeOff(href).url) // a link in there would run in the next page: one step is enough
    return ''
  }) ?? 'not_allowed'

const openHeld = () => {
  const { user, links = [] } = who()
  if (!user) return
  change({ links: undefined })
  for (const { link, at } of links) {
    const { verb, params } = /** @type {any} */ (parse(link))
    const isOld = Math.abs(Date.now() - at) > (options.holdMinutes ?? 30) * 60e3
    const open = verb == 'go' ? go : () => (emit('deep_link', { link, verb, params }) ? '' : 'no_handler')
    const reason = isOld ? 'expired' : open(params.url)
    if (reason) report('deep_link_unhandled', { link, reason })
  }
}

/** Once the user is known, and the page's scripts had time to say what they handle. */
export const runHeld = () => {
  if (document.readyState == 'complete') openHeld()
  else addEventListener('load', () => setTimeout(openHeld))
}

/** @param {string} link @returns {boolean} whether it is one */
export const follow = (link) => {
  const { error, verb } = /** @type {any} */ (parse(link))
  if (/^e|^not/.test(error)) return false // empty, not_a_deep_link
  report('deep_link', { link })
  if (verb && verb != 'action') {
    const { links = [] } = who()
    change({ links: [...links, { link, at: Date.now() }].slice(-MAX_HELD) })
    runHeld()
  }
  return !error
}

/** Take the link off the address, and off the one the page began with: a router may have changed it since.
 * @param {string} [snapshot]
 * @param {boolean} [isReplaced] by a router that may only have put back the address it remembers, with the same link
 * @returns whether the page went elsewhere */
export const look = (snapshot = '', isReplaced) => {
  const before = seen
  if (before == location.href) return false
  const { link, url } = takeOff(location.href)
  seen = url
  // The page or the browser may not allow it: the address keeps the link, which counts anew when the page is loaded anew.
  attempt(() => link && history.replaceState(history.state, '', url))
  seen = location.href
  new Set([takeOff(snapshot).link, link]).forEach((one) => one && !(isReplaced && one == taken) && follow((taken = one)))
  return before != seen
}
