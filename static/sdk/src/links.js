// Deep links in the page: taken off the address, reported raw, and run here when they are for the page.
import { capture, parse } from './deep-link.js'
import { toJson } from './text.js'

/** @typedef {{link: string, at: number}} Held */

const HELD = 'cueline.links'
const STUCK = 'cueline.stuck'
const MAX_HELD = 5
const MAX_LENGTH = 2049 // one more than a link may have, so that the collector still sees it is too long

/**
 * @param {object} parts
 * @param {import('./types.js').Host} parts.host
 * @param {import('./store.js').Store} parts.store
 * @param {import('./identity.js').Identity} parts.identity
 * @param {import('./emitter.js').Emitter['emit']} parts.emit
 * @param {import('./types.js').Report} parts.report
 * @param {string[]} [parts.names] of the parameters that carry a link
 * @param {number} parts.holdMs
 * @param {string[]} parts.goOrigins
 */
export function createLinks({ host, store, identity, emit, report, names, holdMs, goOrigins }) {
  const { location, history, document } = host

  /** Where `go` may lead: the page's own origin, or one that the page named. Throws for what is no address.
   * @param {string} [to] */
  const destination = (to = '\\') => {
    const { origin, protocol, username, password, href } = new URL(to, location.href)
    const isAllowed = [location.origin, ...goOrigins].includes(origin) && /^http/.test(protocol)
    // A link in the address it leads to would run in the next page: one step is enough.
    if (isAllowed && !/[\\\s]|^\/\//.test(to) && !(username + password)) return capture(href, names).url
  }

  /** @param {Held} held @returns {string | undefined} why nothing came of it */
  const open = ({ link, at }) => {
    const { verb, params } = /** @type {any} */ (parse(link))
    if (Math.abs(host.Date.now() - at) > holdMs) return 'expired'
    if (verb != 'go') return emit('deep_link', { link, verb, params }) ? undefined : 'no_handler'
    try {
      const url = destination(params.url)
      if (url) return void location.assign(url)
    } catch {
      // no address: as little allowed as a foreign one
    }
    return 'not_allowed'
  }

  /** @returns {Held[]} */
  const load = () => [store.load(HELD) ?? []].flat()

  const openHeld = () => {
    if (!identity.who().user) return
    const held = load()
    store.erase(HELD)
    for (const one of held) {
      const reason = open(one)
      if (reason) report('deep_link_unhandled', { link: one.link, reason })
    }
  }

  /** Once the user is known, and the page's scripts had time to say what they handle. */
  const run = () => {
    if (document.readyState == 'complete') openHeld()
    else host.addEventListener('load', () => host.setTimeout(openHeld))
  }

  /** @param {string} link @returns {boolean} whether it is one */
  const follow = (link) => {
    const { error = '', verb } = /** @type {any} */ (parse(link))
    if (/^e|^not/.test(error)) return false // empty, not_a_deep_link
    report('deep_link', { link: link.slice(0, MAX_LENGTH) })
    if (verb && verb != 'action') {
      const held = [...load(), { link, at: host.Date.now() }]
      store.save(HELD, toJson(held.slice(-MAX_HELD)))
      run()
    }
    return !error
  }

  return {
    follow,
    run,

    /** Take the link off the address, and off the one the page began with: a router may have changed it since.
     * @param {string} snapshot */
    scan(snapshot) {
      const { link, url } = capture(location.href, names)
      const before = store.text(STUCK)
      store.erase(STUCK)
      try {
        if (link) history.replaceState(history.state, '', url)
      } catch {
        // The page or the browser does not allow it: the address keeps the link. It counts once, reloaded or not.
        store.save(STUCK, /** @type {string} */ (link))
        if (before == link) return
      }
      new Set([capture(snapshot, names).link, link]).forEach((one) => one && follow(one))
    },

    /** The next person at this machine inherits nothing. */
    wipe: () => store.erase(HELD),
  }
}
