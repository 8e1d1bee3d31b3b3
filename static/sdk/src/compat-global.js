// Makes the other system's global: the function that its stub left stays, and runs calls from now on.
import { CALLS, EVENTS, NOTHING } from './compat-calls.js'
import { queueOf } from './part.js'
import { attempt, isOn } from './text.js'

const OLD_HASH = /^[\da-f]{32}:/i
const KEPT = 'cueline.compat' // calls of a page that was left before: the stub had given them to us

/** @param {any} cueline @param {{compat: string, key: string, debug?: unknown}} options */
export const install = (cueline, { compat, key, debug }) => {
  const global = queueOf(compat)
  const warn = (/** @type {string} */ message) => isOn(debug) && console.warn('cueline: ' + message)
  if (!global.q || global.run) return warn(compat + ' is something else')
  /** @type {Map<string, Map<Function, Function>>} their handlers, and what we gave to ours for them */
  const handlers = new Map()

  /** @param {string} key @param {Function} [handler] without: all of them */
  const off = (key, handler) => {
    const name = EVENTS.get(key)?.[0]
    for (const [one, heard] of handlers.get(key) ?? []) {
      if (one != (handler ?? one)) continue
      handlers.get(key)?.delete(one)
      cueline.off(name, heard)
    }
  }

  /** @param {string} key @param {Function | null} handler null: forget all of this key */
  const on = (key, handler) => {
    off(key, handler ?? undefined)
    const [name, given] = EVENTS.get(key) ?? []
    if (!given) return warn(`${compat}.on('${key}') is never heard`)
    if (typeof handler != 'function') return
    const heard = (/** @type {unknown} */ detail) => handler(...given(detail))
    handlers.set(key, (handlers.get(key) ?? new Map()).set(handler, heard))
    cueline.on(name, heard)
  }

  /** @param {any[]} args @param {import('./types.js').Kept} [kept] a call that was made before */
  const run = ([name, ...given], kept) => {
    const [at = 0, random = 0, , resolve] = kept ?? []
    const call = CALLS.get(name)?.(...given)
    if (OLD_HASH.test(call?.[2]?.hash)) warn('this hash is not one of ours')
    if (call) return kept ? cueline.replay([at, random, call, resolve]) : cueline.run(call)
    if (name == 'on') on(given[0], given[1])
    else if (name == 'off') off(given[0], given[1])
    else if (name == 'init') given[0] == key || warn('the key is the one of the tag')
    else warn(`${compat}('${String(name)}') does nothing`)
    resolve?.(undefined)
  }

  /** Who is here, for pages that say it by globals. */
  const login = () => {
    const page = /** @type {any} */ (window)
    const id = page[compat + '_user_id']
    if ((id ?? '') === '') return false
    run(['online', id, page[compat + '_language'], page[compat + '_user_hash']])
    return true
  }

  const { q } = global
  global.run = run
  for (const name of [...CALLS.keys(), ...NOTHING, 'init', 'on', 'off']) {
    global[name] = (/** @type {any[]} */ ...given) => run([name, ...given])
  }
  if (!login()) addEventListener('load', login)
  q.splice(0).forEach((/** @type {import('./types.js').Kept} */ kept) => attempt(() => run(kept[2], kept)))
  attempt(() => localStorage.removeItem(KEPT))
}
