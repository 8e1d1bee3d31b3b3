// The API inside a frame: every call goes to the host page, which runs it, and its result comes back.
import { take as takeLink } from './deep-link.js'
import { emit, off, on } from './emitter.js'
import { addCall, adoptCalls, calls, keepCalls, takeCall } from './frame-calls.js'
import { openCarrier } from './frame-carrier.js'
import { watchElements } from './html.js'
import { watchAddress } from './life.js'
import { options, setOptions, warn } from './options.js'
import { attempt, fromJson, listOf } from './text.js'

/** @typedef {import('./types.js').Kept} Kept */
/**
 * @typedef {object} FrameOptions
 * @property {string | string[]} hosts who may be the host: exact origins, or `native`
 * @property {string} [key] the write key that the host must have; without: whatever it has
 * @property {string | string[]} [deepLinkParams]
 * @property {string} [consent] `pending` or `denied`: nothing is stored in the frame
 * @property {boolean} [debug]
 */

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 5000

/** @type {import('./frame-carrier.js').Post} */
let post
let isOpen = false // the host has answered
let dropped = 0
/** @type {any} */
let timer
/** @type {Set<string>} what the host tells us of */
const subscribed = new Set()

/** @param {any[]} args @param {number} [id] nothing to be answered without @param {number} [at] */
const textOf = (args, id, at) => JSON.stringify({ cueline: 1, id, at, args })

/** @param {any[]} args */
const tell = (...args) => isOpen && post(textOf(args))

/** @param {any[]} args @param {number} [at] @param {number} [id] @param {Kept[3]} [resolve] */
const call = (args, at = Date.now(), id = Math.random(), resolve) => {
  const text = textOf(args, id, at)
  const gone = addCall({ id, name: args[0], text, resolve })
  if (isOpen) post(text)
  else dropped += gone // of those that were posted none is lost
}

/** Ask until the host answers: it may be there later than we. @param {number} wait */
const knock = (wait) => {
  isOpen = false
  clearTimeout(timer)
  timer = setTimeout(knock, wait, Math.min(wait * 2, LONGEST_WAIT_MS))
  post(textOf(['init', options.key], 0))
}

/** @param {string} [error] */
const open = (error) => {
  clearTimeout(timer)
  if (isOpen || error) return
  isOpen = true
  for (const name of subscribed) tell('on', name)
  for (const { text } of calls.values()) post(text)
  if (dropped) call(['event', 'events_dropped', { count: dropped }])
  dropped = 0
}

/** @param {import('./frame-carrier.js').Heard} heard */
const hear = ({ id = -1, result, error, on, detail }) => {
  if (on) return emit(on, detail)
  const call = takeCall(id)
  if (!id) open(error)
  if (error && (call || !id)) emit('error', { call: call?.name ?? 'init', message: error })
  call?.resolve?.(result)
}

/** The answers of a native app. @param {any} heard a text or what it says */
export const answer = (heard) => hear(fromJson(heard) ?? heard)

/** The last link that was taken: a router that puts back the address it remembers does not bring it again. */
let taken = ''

/** @param {string} [snapshot] @param {boolean} [isReplaced] */
const scan = (snapshot = location.href, isReplaced) => {
  const { deepLinkParams } = options
  const names = deepLinkParams ? listOf(deepLinkParams) : undefined
  const { link, url } = takeLink(location.href, names)
  attempt(() => link && history.replaceState(history.state, '', url)) // where it is not allowed, the address keeps it
  for (const one of new Set([takeLink(snapshot, names).link, link])) {
    if (one && !(isReplaced && one == taken)) call(['dp', (taken = one)])
  }
}

const begin = () => knock(FIRST_WAIT_MS)

const leave = () => {
  tell('off')
  if (!/^[pd]/.test(options.consent ?? '')) keepCalls()
}

/** @param {FrameOptions} given */
const init = (given) => {
  if (options) return warn('init was called before')
  setOptions(/** @type {any} */ (given))
  post = openCarrier(given.hosts, hear)
  adoptCalls()
  attempt(() => localStorage.removeItem('cueline.calls')) // the stub gave us what it had kept there
  scan(/** @type {any} */ (window).cueline.href) // what the stub saw, before any router ran
  watchAddress(({ navigationType }) => scan(location.href, navigationType == 'replace'))
  watchElements(run)
  // Scripts of the page say first what they listen to.
  if (document.readyState == 'loading') addEventListener('DOMContentLoaded', begin)
  else begin()
  addEventListener('pageshow', ({ persisted }) => persisted && begin())
  addEventListener('pagehide', leave)
}

/** @param {string} name @param {import('./emitter.js').Handler} handler */
const listen = (name, handler) => {
  on(name, handler)
  if (!subscribed.has(name)) tell('on', name)
  subscribed.add(name)
}

/** @param {string} name @param {import('./emitter.js').Handler} [handler] */
const unlisten = (name, handler) => {
  if (!(/** @type {any} */ (off(name, handler))) && subscribed.delete(name)) tell('off', name)
}

/** @type {Record<string, Function | undefined>} what is not the host's to run */
const own = { init, on: listen, off: unlisten }

/** A call that was made before, or just now. @param {Kept} kept */
export const replay = ([at, id, args, resolve]) => {
  const [name, ...given] = args
  try {
    if (!own[name]) return call(args, at, id, resolve)
    resolve?.(own[name](...given))
  } catch (error) {
    emit('error', { call: String(name), message: '' + error })
    resolve?.(undefined)
  }
}

/** @param {any[]} args its name and what it is given */
export const run = (args) => {
  const [name, user] = args
  if (/^(online|identify)$/.test(String(name)) && (user ?? '') === '') throw TypeError('cueline: no user id')
  return new Promise((resolve) => replay([Date.now(), Math.random(), args, resolve]))
}
