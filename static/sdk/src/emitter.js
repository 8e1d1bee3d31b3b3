// `on` and `off`. A handler that throws hurts nobody; `init` and `identify` reach late listeners too.
import { attempt } from './text.js'

/** @typedef {(detail: any) => void} Handler */

/** @type {Record<string, Handler[] | undefined>} */
const handlers = {}
/** @type {Record<string, unknown>} */
const last = {}

/** @param {string} name @param {Handler} handler */
export const on = (name, handler) => {
  ;(handlers[name] ??= []).push(handler)
  if (last[name]) attempt(() => handler(last[name]), name)
}

/** Without a handler: all of them. Returns how many are left. @param {string} name @param {Handler} [handler] */
export const off = (name, handler) =>
  (handlers[name] = handlers[name]?.filter((one) => handler && one != handler))?.length

/** @param {string} name @param {unknown} detail @returns {number | undefined} how many heard it */
export const emit = (name, detail) => {
  if (/^i/.test(name)) last[name] = detail // init, identify
  if (name == 'logout') delete last.identify
  handlers[name]?.forEach((handler) => attempt(() => handler(detail), name))
  return handlers[name]?.length
}
