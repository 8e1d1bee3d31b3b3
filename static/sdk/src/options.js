// What `init` was given, or the attributes of the tag said.
import { isOn } from './text.js'

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

/** @type {any} */
export let options

/** @param {Options} given */
export const setOptions = (given) => (options = given)

/** @param {string} message */
export const warn = (message) => isOn(options?.debug) && console.warn('cueline: ' + message)
