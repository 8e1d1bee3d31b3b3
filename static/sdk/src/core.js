// The API: what a page can say. Nothing here throws into the page but online() without an id.
import { emit, off, on } from './emitter.js'
import { watchElements } from './html.js'
import { change, forget, login, who } from './identity.js'
import { watchAddress, watchLife } from './life.js'
import { follow, look, runHeld } from './links.js'
import { loadPart, options, setOptions, warn } from './options.js'
import { add, empty } from './queue.js'
import { flush, plan, wake } from './sender.js'
import { consent, decide, erase, shareOver } from './store.js'
import { attempt, isOn, newId } from './text.js'

/** @typedef {import('./types.js').Kept} Kept */
/** @typedef {import('./types.js').Payload} Payload */
/** @typedef {import('./options.js').Options} Options */

/** @type {Kept | undefined} the call that is being replayed */
let replayed
/** @type {Kept[]} */
const waiting = []

/** @type {('compat' | 'frames')[]} */
const PARTS = ['compat', 'frames']
const NOBODY = TypeError('no id')

/** Asked once: the browser takes a fifth of a millisecond to answer. */
const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** @param {any} value @returns {Payload} */
const asPayload = (value) => (typeof value == 'object' ? { ...value } : { value })

/** The envelope but its events. */
const envelopeHead = () => {
  const { visitor, user, language } = who()
  return {
    key: options.key,
    visitor_id: visitor,
    user,
    context: {
      url: location.href.slice(0, 2048),
      referrer: document.referrer,
      title: document.title,
      language: language ?? navigator.language,
      timezone,
      sdk: VERSION,
    },
  }
}

/** @param {string} type @param {Payload} payload */
export const report = (type, payload) => {
  if (consent == 'denied') return
  const [at, random] = replayed ?? [Date.now()]
  const eid = random ? random.toString(36).slice(2) + at.toString(36) : newId()
  replayed = undefined // one call, one event: a second one gets an id of its own
  add([at, envelopeHead(), { eid, type, payload }])
  plan()
}

/** @param {string | number} userId @param {{hash?: string, language?: string, properties?: Payload}} [more] */
const online = (userId, more) => {
  const { hash, language, properties } = more ?? {}
  if ((userId ?? '') === '') throw NOBODY
  const id = String(userId)
  const known = { ...properties, ...(language && { language }) }
  const type = login({ id, hash }, language, known)
  if (type) report(type, { properties: known })
  emit('identify', { id })
  runHeld()
}

const logout = () => {
  const { user } = who()
  if (!user) return
  report('logout', {})
  forget()
  emit('logout', { id: user.id })
}

/** @param {any} [payload] */
const page = (payload) => {
  report('page', asPayload(payload))
  emit('page', { url: location.href })
}

/** The router may have changed the address. @param {any} event */
const lookAgain = ({ navigationType }) => {
  if (look('', navigationType == 'replace') && isOn(options.spa ?? '')) page()
}

/** Anything but a clear word is to wait for one. @param {any} word */
const agree = (word) => {
  decide(word)
  if (consent == 'denied') empty()
  if (options) wake()
}

/** @param {Options} given */
const init = (given) => {
  if (options) {
    if (given.key != options.key) console.warn('cueline key')
    return
  }
  if (!given.key) throw 'key'
  setOptions(given)
  shareOver(options.cookieDomain)
  agree(consent ?? options.consent ?? 'granted')
  change()
  look(/** @type {any} */ (window).cueline.href)
  watchAddress(lookAgain)
  watchLife()
  watchElements(run)
  erase('cueline.calls') // the stub gave us what it had kept there
  emit('init', { visitor_id: who().visitor, options })
  for (const part of PARTS) if (options[part]) loadPart(part)
  waiting.splice(0).forEach(replay)
}

/** @type {Record<string, (...args: any[]) => unknown>} */
export const methods = {
  init,
  online,
  identify: online,
  logout,
  action: (name, payload) => report('client_action', { ...asPayload(payload), client_action: name }),
  event: (type, payload) => report(type, asPayload(payload)),
  set: (properties) => report('update_profile', { properties: asPayload(properties) }),
  tags: (op, values) => report('tags', { op, values: [values ?? []].flat() }),
  page,
  dp: (link) => follow(String(link)),
  consent: agree,
  on,
  off,
  flush,
}

/** One call: its name and what it is given. @param {any[]} args */
export const run = (args) => {
  const [called, ...given] = args
  const name = String(called) // a Symbol cannot be joined to a text
  if (!options && !/^(init|on|off|consent)$/.test(name)) {
    return new Promise((resolve) => waiting.push(replayed ?? [Date.now(), Math.random(), args, resolve]))
  }
  try {
    return methods[name](...given)
  } catch (error) {
    warn(name, error)
    emit('error', { call: name, message: '' + error })
    if (error == NOBODY && !replayed) throw error
  }
}

/** A call that was made before. @param {Kept} kept */
export const replay = (kept) =>
  attempt(() => {
    replayed = kept
    const result = run(kept[2])
    replayed = undefined
    if (options) kept[3]?.(result)
  })
