// The API: what a page can say. Nothing here throws into the page but online() without an id.
import { emit, off, on } from './emitter.js'
import { watchElements } from './html.js'
import { due, forget, remember, who } from './identity.js'
import { watchAddress, watchLife } from './life.js'
import { follow, look, runHeld, wipe } from './links.js'
import { options, setOptions, warn } from './options.js'
import { add, empty } from './queue.js'
import { flush, plan, wake } from './sender.js'
import { consent, decide, erase, shareOver } from './store.js'
import { attempt, isOn, newId, toJson } from './text.js'

/** @typedef {import('./types.js').Kept} Kept */
/** @typedef {import('./types.js').Payload} Payload */
/** @typedef {import('./options.js').Options} Options */

/** The script's address and nonce, the collector's address, and the page's before any router ran.
 * @type {{src?: string, nonce?: string, url?: string, snapshot?: string}} */
let origin
/** @type {Kept | undefined} the call that is being replayed */
let replayed
/** @type {Kept[]} */
const waiting = []

/** @type {('compat' | 'frames')[]} */
const PARTS = ['compat', 'frames']
const NOBODY = TypeError('cueline: no user id')

/** @param {typeof origin} found */
export const setOrigin = (found) => (origin = found)

/** Where events go. */
export const collectUrl = () => options.url + '/v1/collect'

/** @param {any} value @returns {Payload} */
const asPayload = (value) => (typeof value == 'object' ? { ...value } : { value })

/** The envelope but its events. */
const envelopeHead = () => {
  const { visitor, user } = who()
  return toJson({
    key: options.key,
    visitor_id: visitor,
    user: user && { id: user.id, hash: user.hash },
    context: {
      url: location.href.slice(0, 2048),
      referrer: document.referrer,
      title: document.title.slice(0, 512),
      language: user?.language ?? navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      sdk: VERSION,
    },
  })
}

/** @param {string} type @param {Payload} payload */
export const report = (type, payload) => {
  if (consent == 'denied') return
  const [at, random] = replayed ?? [Date.now()]
  const eid = random ? random.toString(36).slice(2) + at.toString(36) : newId()
  replayed = undefined // one call, one event: a second one gets an id of its own
  if (add(envelopeHead(), { eid, type, payload }, at)) plan()
  else emit('rejected', { eid, code: 'too_large', message: type })
}

/** @param {string | number} userId @param {{hash?: string, language?: string, properties?: Payload}} [more] */
const online = (userId, more) => {
  const { hash, language, properties } = more ?? {}
  if ((userId ?? '') === '') throw NOBODY
  const id = String(userId)
  remember({ id, hash, language })
  const known = { ...properties, ...(language && { language }) }
  const type = due(id, known)
  if (type) report(type, { properties: known })
  emit('identify', { id })
  runHeld()
}

const logout = () => {
  const { user } = who()
  if (!user) return
  report('logout', {})
  wipe()
  forget()
  emit('logout', { id: user.id })
  flush()
}

/** @param {any} [payload] @param {string} [previous] where the visitor was before */
const page = (payload, previous) => {
  report('page', asPayload(payload))
  emit('page', { url: location.href, previous })
}

/** A further file from where this one came. Under Trusted Types the page pastes it. @param {string} name */
const loadPart = (name) =>
  attempt(() => {
    const script = document.createElement('script')
    script.nonce = origin.nonce ?? ''
    script.src = new URL(name + '.js', origin.src ?? new URL(options.url + '/v1/', location.href)).href
    document.head.append(script)
  })

/** The router may have changed the address. */
const lookAgain = () => {
  const previous = look()
  if (previous && isOn(options.spa ?? '')) page({}, previous)
}

/** Anything but a clear word is to wait for one. @param {any} word */
const agree = (word) => {
  decide(/^(granted|denied)$/.test(word) ? word : 'pending')
  if (consent == 'denied') empty()
  if (options) wake()
}

/** @param {Options} given */
const init = (given) => {
  if (options) {
    if (given.key != options.key) console.warn('cueline: second key')
    return
  }
  if (!given.key) throw Error('no key')
  setOptions({ ...given, url: (given.url ?? origin.url ?? '').replace(/\/$/, '') })
  shareOver(options.cookieDomain)
  agree(options.consent ?? consent)
  remember()
  look(origin.snapshot)
  watchAddress(lookAgain)
  watchLife()
  watchElements(run)
  wake()
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
  page: (payload) => page(payload),
  dp: (link) => follow(String(link)),
  consent: agree,
  on,
  off,
  flush,
}

/** One call: its name and what it is given. @param {any[]} args @param {Kept} [kept] as what it was kept before */
export const run = (args, kept) => {
  const [called, ...given] = args
  const name = String(called) // a Symbol cannot be joined to a text
  if (!options && !/^(init|on|off|consent)$/.test(name)) {
    return new Promise((resolve) => waiting.push(kept ?? [Date.now(), Math.random(), args, resolve]))
  }
  replayed = kept
  try {
    return methods[name](...given)
  } catch (error) {
    warn(name + ': ' + error)
    emit('error', { call: name, message: '' + error })
    if (error == NOBODY && !kept) throw error
  } finally {
    replayed = undefined
  }
}

/** A call that was made before. @param {Kept} kept */
export const replay = (kept) => {
  const result = run(kept[2], kept)
  kept[3]?.(result)
}
