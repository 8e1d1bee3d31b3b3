// The events that no answer has confirmed, in order. Each is one item of localStorage, written at the call and
// removed by the answer, so a call costs the same however long the queue is.
import { byteLength, fromJson, newId, toJson } from './text.js'

/**
 * @typedef {object} Entry
 * @property {string} key in the store
 * @property {string} head JSON of the envelope but events and sent_at: entries of one head may travel together
 * @property {string} body JSON of the event but its time
 * @property {string} eid
 * @property {number} at wall clock
 * @property {number} [since] performance.now() at the call; nothing for what another page left behind
 * @property {number} size bytes
 * @property {boolean} [busy] on its way, not answered
 */
/** @typedef {ReturnType<typeof createQueue>} Queue */

const PREFIX = 'cueline.q.'
const MAX_EVENTS = 1000
const MAX_BYTES = 512 * 1024
const BATCH_BYTES = 50e3

/** @param {import('./store.js').Store} store @param {import('./types.js').Host} host */
export function createQueue(store, host) {
  /** @type {Entry[]} */
  const entries = []
  // Begins with the time, so that what several pages wrote sorts as the pages were opened.
  const prefix = PREFIX + host.Date.now().toString(36) + newId(host) + '.'
  let counter = 1e6
  let bytes = 0

  /** @param {Entry} entry */
  const drop = (entry) => {
    const index = entries.indexOf(entry)
    if (index < 0) return
    entries.splice(index, 1)
    bytes -= entry.size
    store.erase(entry.key)
  }

  /** @param {number} index @param {Entry[]} added */
  const insert = (index, added) => {
    entries.splice(index, 0, ...added)
    for (const { size } of added) bytes += size
    while (entries.length > MAX_EVENTS || bytes > MAX_BYTES) {
      const oldest = entries.find((entry) => !entry.busy)
      if (!oldest) return
      drop(oldest)
      queue.dropped++
    }
  }

  /** @param {string} key @param {string} text @returns {Entry} */
  const entryOf = (key, text) => {
    const [at, head, body] = text.split('\n')
    return { key, head, body, at: +at, eid: fromJson(body)?.eid, size: byteLength(text) }
  }

  const queue = {
    entries,
    drop,
    dropped: 0, // for want of room, and not yet reported

    /** Take in what other pages left in the store, before ours: it is older. A page that lives may be sending the
     * same; nothing is copied, the first answer erases the item, and the collector counts each eid once. So no lock
     * is needed, and none that a dead page could keep. */
    adopt() {
      const known = new Set(entries.map((entry) => entry.key))
      const keys = store.list(PREFIX).filter((key) => !known.has(key))
      const found = keys.map((key) => entryOf(key, store.text(key))).filter((entry) => entry.eid)
      insert(entries.filter((entry) => !entry.since).length, found)
    },

    /** @param {string} head @param {{eid: string, type: string, payload: object}} event @param {number} at
     * @returns {boolean} false when no request could carry it */
    add(head, event, at) {
      const text = at + '\n' + head + '\n' + toJson(event)
      const entry = { ...entryOf(prefix + counter++, text), since: host.performance.now() }
      if (entry.size > BATCH_BYTES) return false
      store.save(entry.key, text)
      insert(entries.length, [entry])
      return true
    },

    /** The first entries that may share an envelope. @param {number} limit */
    batch(limit) {
      entries.filter((entry) => !entry.since && !entry.busy && !store.text(entry.key)).forEach(drop) // answered elsewhere
      const waiting = entries.filter((entry) => !entry.busy)
      let room = BATCH_BYTES
      const end = waiting.findIndex(
        ({ head, size }, i) => i == limit || head != waiting[0].head || (room -= size - head.length) < 0,
      )
      return end < 0 ? waiting : waiting.slice(0, end)
    },

    isFull: () => entries.length > 49 || bytes > BATCH_BYTES,
  }
  return queue
}
