// The API: what a page can say. Nothing here throws into the page but online() without an id.
import { createEmitter } from './emitter.js'
import { createIdentity } from './identity.js'
import { watchAddress, watchLife } from './life.js'
import { createLinks } from './links.js'
import { createQueue } from './queue.js'
import { createSender } from './sender.js'
import { openStore } from './store.js'
import { newId, toJson } from './text.js'

/** @typedef {import('./types.js').Kept} Kept */
/** @typedef {import('./types.js').Payload} Payload */
/**
 * @typedef {object} Options
 * @property {string} key the write key
 * @property {string} [url] of the collector, when it is not where the script came from
 * @property {string[]} [deepLinkParams]
 * @property {number} [holdMinutes]
 * @property {string[]} [goOrigins] origins that a `go` link may lead to, besides the page's own
 * @property {boolean} [debug]
 */

/** @param {any} value @returns {Payload} */
const asPayload = (value) => (typeof value == 'object' ? { ...value } : { value })

/**
 * @param {import('./types.js').Host} host
 * @param {string} origin of the collector: where this script came from
 * @param {string} [snapshot] the address before any router ran
 */
export function createCueline(host, origin, snapshot) {
  /** @type {Options | undefined} */
  let options
  /** @type {{at: number, eid: string} | undefined} */
  let call
  /** @type {Kept[]} */
  const waiting = []
  /** @type {ReturnType<typeof createLinks>} */
  let links
  const { location, document, navigator, Date } = host
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const warn = (/** @type {string} */ message) => options?.debug && host.console.warn('cueline: ' + message)
  const { on, off, emit } = createEmitter(warn)
  const store = openStore(host)
  const identity = createIdentity(store, host)
  const queue = createQueue(store, host)

  /** What an answer of the collector leads to. @param {string} name @param {any} detail */
  const hear = (name, detail) => {
    emit(name, detail)
    if (detail.code == 'user_not_verified') identity.endSession()
    const count = queue.dropped
    if (!count || !detail.eids) return
    queue.dropped = 0 // there is room again
    report('events_dropped', { count })
  }
  const sender = createSender(queue, { host, emit: hear, url: () => (options?.url ?? origin) + '/v1/collect' })

  /** The envelope but its events. */
  const head = () => {
    const { visitor, user } = identity.who()
    return toJson({
      key: options?.key,
      visitor_id: visitor,
      user: user && { id: user.id, hash: user.hash },
      context: {
        url: location.href.slice(0, 2048),
        referrer: document.referrer,
        title: document.title,
        language: user?.language ?? navigator.language,
        timezone: timeZone,
        sdk: VERSION,
      },
    })
  }

  /** @type {import('./types.js').Report} */
  const report = (type, payload) => {
    const { eid = newId(host), at = Date.now() } = call ?? {}
    call = undefined // one call, one event: a second one gets an id of its own
    if (queue.add(head(), { eid, type, payload }, at)) sender.plan()
    else emit('rejected', { eid, code: 'too_large', message: type })
  }

  /** @param {string | number} userId @param {{hash?: string, language?: string, properties?: Payload}} [more] */
  const online = (userId, { hash, language, properties } = {}) => {
    const id = String(userId)
    identity.login({ id, hash, language })
    const known = { ...properties, ...(language && { language }) }
    const type = identity.due(id, known)
    if (type) report(type, { properties: known })
    emit('identify', { id })
    links.run()
  }

  /** @param {Options} given */
  const init = (given) => {
    if (options) return given.key != options.key && warn('another key')
    if (!given.key) throw Error('no key')
    options = given
    const { deepLinkParams, holdMinutes = 30, goOrigins = [] } = given
    links = createLinks({ host, store, identity, emit, report, names: deepLinkParams, holdMs: holdMinutes * 60e3, goOrigins })
    const scan = () => links.scan(location.href)
    links.scan(snapshot ?? location.href)
    watchAddress(host, scan)
    watchLife(host, sender)
    sender.wake()
    store.erase('cueline.calls') // the stub gave us what it had kept there
    emit('init', { visitor_id: identity.who().visitor })
    waiting.splice(0).forEach(replay)
  }

  const logout = () => {
    const { user } = identity.who()
    if (!user) return
    report('logout', {})
    links.wipe()
    identity.logout()
    emit('logout', { id: user.id })
  }

  /** @type {Record<string, (...args: any[]) => unknown>} */
  const methods = {
    init,
    online,
    identify: online,
    logout,
    action: (name, payload) => report('client_action', { ...asPayload(payload), client_action: name }),
    event: (type, payload) => report(type, asPayload(payload)),
    set: (properties) => report('update_profile', { properties: asPayload(properties) }),
    tags: (op, values) => report('tags', { op, values: [values ?? []].flat() }),
    page: (payload) => report('page', asPayload(payload)),
    dp: (link) => links.follow(String(link)),
    on,
    off,
    flush: sender.flush,
  }

  /** One call: its name and what it is given. @param {any[]} args @param {typeof call} [as] */
  const run = (args, as) => {
    const [called, ...given] = args
    const name = String(called) // a Symbol cannot be joined to a text
    const isNobody = methods[name] == online && (given[0] ?? '') === ''
    if (!options && !/^(init|on|off|flush)$/.test(name)) {
      return new Promise((resolve) => waiting.push([Date.now(), host.Math.random(), args, resolve]))
    }
    call = as
    try {
      if (isNobody) throw TypeError('cueline: no user id')
      return methods[name](...given)
    } catch (error) {
      warn(name + ': ' + error)
      emit('error', { call: name, message: '' + error })
      if (isNobody && !as) throw error
    } finally {
      call = undefined
    }
  }

  /** A call that was made before. @param {Kept} kept */
  const replay = ([at, random, args, resolve]) => {
    const result = run(args, { at, eid: random.toString(36).slice(2) + at.toString(36) })
    resolve?.(result)
  }

  return { run, replay, names: Object.keys(methods) }
}
