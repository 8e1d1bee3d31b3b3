// The events that no answer has confirmed, in order. Each is one item of the store, written at the call and removed by
// the answer, so a call costs the same however long the queue is.
import { who } from './identity.js'
import { erase, list, save, text } from './store.js'
import { byteLength, fromJson, newId, toJson } from './text.js'

/**
 * @typedef {object} Entry
 * @property {string} place its key in the store
 * @property {string} whose JSON of the envelope but events and sent_at: entries of one text may travel together
 * @property {string} what JSON of the event but its time
 * @property {string} eid
 * @property {number} calledAt wall clock
 * @property {number} [since] performance.now() at the call; nothing for what another page left behind
 * @property {number} heft bytes
 * @property {boolean} [isBusy] on its way, not answered
 */

const PREFIX = 'cueline.q.'
const MAX_EVENTS = 1000
const MAX_BYTES = 512 * 1024
const BATCH_BYTES = 50e3

/** @type {Entry[]} */
export let entries = []
/** @type {string} */
let prefix
let counter = 1e6
let bytes = 0
let dropped = 0 // for want of room, and not yet reported

export const isFull = () => entries.length > 49 || bytes > BATCH_BYTES

/** How many events went for want of room since this was asked. */
export const takeDropped = () => {
  const count = dropped
  dropped = 0
  return count
}

/** @param {Entry} entry */
export const drop = (entry) => {
  const index = entries.indexOf(entry)
  if (index < 0) return
  entries.splice(index, 1)
  bytes -= entry.heft
  erase(entry.place)
}

/** @param {number} index @param {Entry[]} added */
const insert = (index, added) => {
  entries.splice(index, 0, ...added)
  for (const { heft } of added) bytes += heft
  while (entries.length > MAX_EVENTS || bytes > MAX_BYTES) {
    const oldest = entries.find((entry) => !entry.isBusy)
    if (!oldest) return
    drop(oldest)
    dropped++
  }
}

/** @param {string} place @param {string} item @returns {Entry} */
const entryOf = (place, item) => {
  const [at, whose, what] = item.split('\n')
  return { place, whose, what, calledAt: +at, eid: fromJson(what)?.eid, heft: byteLength(item) }
}

/** Take in what other pages left in the store, before ours: it is older. */
export const adopt = () => {
  const known = new Set(entries.map(({ place }) => place))
  const places = list(PREFIX).filter((place) => !known.has(place))
  const found = places.map((place) => entryOf(place, text(place))).filter(({ eid }) => eid)
  insert(entries.filter(({ since }) => !since).length, found)
}

/** @param {string} whose @param {{eid: string, type: string, payload: object}} event @param {number} at
 * @returns {boolean} false when no request could carry it */
export const add = (whose, event, at) => {
  // Begins with the time, so that what several pages wrote sorts as the pages were opened.
  prefix ??= PREFIX + Date.now().toString(36) + newId() + '.'
  const item = at + '\n' + whose + '\n' + toJson(event)
  const entry = { ...entryOf(prefix + counter++, item), since: performance.now() }
  if (entry.heft > BATCH_BYTES) return false
  save(entry.place, item)
  insert(entries.length, [entry])
  return true
}

/** The first entries that may share an envelope. @param {number} limit */
export const batch = (limit) => {
  who() // notices a store that the page has cleared; what is missing now was answered elsewhere
  ;[...entries].forEach((entry) => entry.isBusy || text(entry.place) || drop(entry))
  const waiting = entries.filter(({ isBusy }) => !isBusy)
  let room = BATCH_BYTES
  let isOpen = true
  return waiting.filter(({ whose, heft }, i) => {
    isOpen &&= i < limit && whose == waiting[0].whose && (room -= heft - whose.length) > 0
    return isOpen
  })
}

/** The page has cleared the store: what we have is not answered. */
export const restore = () => {
  for (const { place, calledAt, whose, what } of entries) save(place, calledAt + '\n' + whose + '\n' + what)
}

/** Consent was refused. */
export const empty = () => {
  entries.length = bytes = 0
}
