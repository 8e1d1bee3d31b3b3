// What outlives the page, never throwing: localStorage, and for what subdomains share a cookie. Where both are blocked or
// full, and as long as there is no consent, a value lives in memory.
import { attempt, fromJson, toJson } from './text.js'

/** @typedef {'granted' | 'pending' | 'denied'} Consent */

const OURS = 'cueline.'
export const WHO = OURS + 'id' // what subdomains share
const YEAR_S = 31536e3

/** What is not in the storage: '' means that it is to be gone from there.
 * @type {Record<string, string>} */
let memory = {}
/** @type {string | undefined} */
let domain
/** @type {Consent | undefined} nothing yet */
export let consent

/** @param {string} key */
const isShared = (key) => domain && key == WHO

/** @param {string} key */
const cookie = (key) =>
  attempt(() => decodeURIComponent(/** @type {string[]} */ (RegExp(key + '=([^;]*)').exec(document.cookie))[1]))

/** @param {string} key @param {string} value nothing: away with it */
const bake = (key, value) => {
  const terms = `path=/;samesite=lax;domain=${domain};max-age=${value ? YEAR_S : 0};${/^https/.test(location.href) ? 'secure' : ''}`
  document.cookie = key + '=' + encodeURIComponent(value) + ';' + terms
  return cookie(key) == value
}

/** @param {string} key @returns {string} */
export const text = (key) =>
  memory[key] ?? ((isShared(key) && cookie(key)) || attempt(() => localStorage.getItem(key)) || '')

/** What JSON the key holds; undefined for none. @param {string} key */
export const load = (key) => fromJson(text(key))

/** @param {string} key @param {string} value */
const write = (key, value) => {
  memory[key] = value
  if (consent != 'granted') return
  attempt(() => {
    // A cookie that is refused or too long leaves the value to this origin alone.
    if (isShared(key) && (bake(key, value) || bake(key, ''))) value = ''
    if (value) localStorage.setItem(key, value)
    else localStorage.removeItem(key)
    delete memory[key]
  })
}

/** @param {string} key @param {unknown} value */
export const save = (key, value) => write(key, toJson(value))

/** @param {string} key */
export const erase = (key) => write(key, '')

/** What other pages see, sorted. @param {string} prefix */
export const list = (prefix) =>
  (attempt(() => Object.keys(localStorage)) ?? []).filter((key) => key.startsWith(prefix)).sort()

/** @param {string} [shared] */
export const shareOver = (shared) => (domain = shared)

/** Granted: what waited in memory is stored. Denied: all of ours is gone. Anything else waits. @param {Consent} word */
export const decide = (word) => {
  consent = 'granted'
  if (word == 'denied') {
    memory = {}
    ;[...list(OURS), WHO].forEach(erase)
  }
  if (word == consent) for (const key in memory) write(key, memory[key])
  consent = word
}
