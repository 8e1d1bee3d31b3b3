// The events that no answer has confirmed, in order. Each is one item of the store, written at the call and removed by
// the answer, so a call costs the same however long the queue is.
import { report } from './core.js'
import { emit } from './emitter.js'
import { change, who } from './identity.js'
import { erase, list, save, text } from './store.js'
import { byteLength, fromJson, newId, toJson } from './text.js'

/** @typedef {[at: number, head: object, event: {eid: string, type: string, payload: object}]} Item when, the envelope but
 * sent_at and events, the event but its time */
/**
 * @typedef {object} Entry
 * @property {string} place its key in the store
 * @property {Item} told
 * @property {number} heft bytes
 * @property {number} [since] performance.now() at the call; nothing for what another page left behind
 * @property {boolean} [isBusy] on its way, not answered
 */

const PREFIX = 'cueline.q.'
const MAX_EVENTS = 1000
const MAX_BYTES = 512e3
const BATCH_BYTES = 50e3

/** @type {Entry[]} */
export const entries = []
/** @type {string} */
let prefix
let counter = 1e6
let bytes = 0
let dropped = 0 // for want of room, and not yet reported

const isTooFull = () => entries.length > MAX_EVENTS || bytes > MAX_BYTES
export const isFull = () => entries.length > 49 || bytes > BATCH_BYTES

/** @param {Entry} entry */
const drop = (entry) => {
  const index = entries.indexOf(entry)
  if (index < 0) return
  entries.splice(index, 1)
  bytes -= entry.heft
  erase(entry.place)
}

/** @param {number} index @param {Entry[]} added */
const insert = (index, added) => {
  entries.splice(index, 0, ...added)
  for (const entry of added) bytes += entry.heft
  for (let oldest; isTooFull() && (oldest = entries.find((entry) => !entry.isBusy)); dropped++) drop(oldest)
}

/** @param {string} place @param {string} written @returns {Entry} */
const entryOf = (place, written) => ({ place, told: fromJson(written), heft: byteLength(written) })

/** Take in what other pages left in the store, before ours: it is older. */
export const adopt = () => {
  const places = list(PREFIX).filter((place) => !entries.some((entry) => entry.place == place))
  const found = places.map((place) => entryOf(place, text(place))).filter((entry) => entry.told?.[2]?.eid)
  insert(entries.filter((entry) => !entry.since).length, found)
}

/** @param {Item} told */
export const add = (told) => {
  // Begins with the time, so that what several pages wrote sorts as the pages were opened.
  prefix ??= PREFIX + Date.now().toString(36) + newId() + '.'
  const entry = { ...entryOf(prefix + counter++, toJson(told)), since: performance.now() }
  if (entry.heft > BATCH_BYTES) return emit('rejected', { ...told[2], code: 'too_large' })
  save(entry.place, entry.told)
  insert(entries.length, [entry])
}

/** The first entries that may share an envelope. @param {number} limit */
export const batch = (limit) => {
  who() // notices a store that the page has cleared; what is missing now was answered elsewhere
  const waiting = [...entries].filter((entry) => !entry.isBusy && (text(entry.place) || drop(entry)))
  let room = BATCH_BYTES
  let isOpen = true
  return waiting.filter(
    ({ told: [, head], heft }) =>
      (isOpen &&= limit-- > 0 && toJson(head) == toJson(waiting[0].told[1]) && (room -= heft) >= 0),
  )
}

/** What an answer settled: these, and which of them it refused.
 * @param {Entry[]} taken @param {{eid: string, code: string}[]} rejected */
export const close = (taken, rejected) => {
  const eids = new Set(taken.map((entry) => entry.told[2].eid))
  taken.forEach(drop)
  for (const one of rejected) {
    if (one.code == 'user_not_verified') change({ session: undefined })
    eids.delete(one.eid)
    emit('rejected', one)
  }
  if (eids.size) emit('delivered', { eids: [...eids] })
  const count = dropped // there is room again
  dropped = 0
  if (count) report('events_dropped', { count })
}

/** The page has cleared the store: what we have is not answered. */
export const restore = () => {
  for (const entry of entries) save(entry.place, entry.told)
}

/** Consent was refused. */
export const empty = () => {
  entries.length = bytes = 0
}
