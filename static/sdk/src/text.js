// Texts as the collector takes them, and as a page writes them.
import { warn } from './options.js'

/** Undefined where it throws: blocked storage, no JSON, a browser without the function.
 * @template T @param {() => T} use @param {string} [name] of what is the page's own fault: it is told in debug
 * @returns {T | undefined} */
export const attempt = (use, name) => {
  try {
    return use()
  } catch (error) {
    if (name) warn(name, error)
  }
}

/** Old libraries give arrays a toJSON of their own, which would write them as a text.
 * @this {any} @param {string} key @param {unknown} value */
function plain(key, value) {
  return this[key]?.map ? this[key] : value
}

/** A lone surrogate (a cut emoji) or a NUL would make the collector refuse the event.
 * JSON.stringify writes both as escapes; the pattern walks escape by escape, so that `\\ud800` stays.
 * @param {unknown} value */
export const toJson = (value) =>
  JSON.stringify(value, plain).replace(/\\(u(d[89a-f]..|0000)|.)/g, (escape, _, bad) => (bad ? '\ufffd' : escape))

/** Undefined for what is no JSON. @param {string} text */
export const fromJson = (text) => attempt(() => JSON.parse(text))

/** UTF-8 bytes. @param {string} text */
export const byteLength = (text) => new TextEncoder().encode(text).length

/** Tells texts apart without keeping them; no secret. @param {string} text */
export const digest = (text) => {
  let sum = 0
  for (const char of text) sum = (sum * 31 + char.charCodeAt(0)) | 0
  return sum
}

/** Unguessable, where the browser can. */
export const newId = () =>
  attempt(() => crypto.randomUUID()) ?? ('' + Math.random()).slice(2)

/** What the text of an attribute means: a number if it is written as numbers are. @param {string} text */
export const typed = (text) => (isFinite(/** @type {any} */ (text)) && '' + +text == text ? +text : text)

/** A list, or the text of an attribute that stands for one. @param {any} value @returns {any[]} */
export const listOf = (value = []) => value.split?.(/[\s,]+/) ?? value

/** Whether an option is on, said in script or in an attribute. @param {any} value */
export const isOn = (value) => !/^(off|false|undefined)$/.test(value)
