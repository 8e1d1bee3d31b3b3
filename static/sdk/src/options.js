// What `init` was given, or the attributes of the tag said.
import { attempt, isOn } from './text.js'

/**
 * @typedef {object} Options
 * @property {string} key the write key
 * @property {string} [url] of the collector, when it is not where the script came from
 * @property {string | string[]} [deepLinkParams]
 * @property {number} [holdMinutes]
 * @property {string | string[]} [goOrigins] origins that a `go` link may lead to, besides the page's own
 * @property {import('./store.js').Consent} [consent]
 * @property {boolean} [spa] false: no `page` by itself
 * @property {string} [cookieDomain] the domain whose subdomains share visitor, user and held links
 * @property {boolean} [debug]
 * @property {string} [compat] a name for the queue function of a page that was written for another
 * @property {string | string[]} [frames] origins of frames that may speak
 */

/** The folder of this path tells where the collector is: the server replaces it where it serves the script elsewhere. */
const HERE = '/v1/cueline.js'

/** @type {HTMLScriptElement | null | undefined} the tag; a bundle has none */
let script

/** @type {any} */
export let options

/** @param {typeof script} element */
export const setScript = (element) => (script = element)

/** @param {Options} given */
export const setOptions = (given) => {
  const root = attempt(() => new URL('.', /** @type {any} */ (script).src).href.slice(0, -1 - HERE.lastIndexOf('/')))
  options = { ...given, url: (given.url ?? root ?? '').replace(/\/$/, '') }
}

/** Where events go. */
export const collectUrl = () => options.url + '/v1/collect'

/** A further file from where this one came. Under Trusted Types the page pastes it. @param {string} name */
export const loadPart = (name) =>
  attempt(() => {
    const part = document.createElement('script')
    part.nonce = script?.nonce ?? ''
    part.src = options.url + HERE.replace(/[^/]*$/, name + '.js')
    document.head.append(part)
  })

/** @param {any[]} details */
export const warn = (...details) => isOn(options?.debug) && console.warn('cueline', ...details)
