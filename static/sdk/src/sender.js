// Carries the queue to the collector: one request at a time, so that what happened first arrives first.
import { adopt, batch, close, entries, isFull } from './queue.js'
import { collectUrl } from './options.js'
import { consent } from './store.js'
import { byteLength, fromJson, toJson } from './text.js'

/** @typedef {import('./queue.js').Entry} Entry */

const BATCH_MS = 250
const ENVELOPE_EVENTS = 100 // what the collector takes in one envelope
const KEEPALIVE_BYTES = 60e3 // browsers allow 64 KiB in flight
const ANSWER_MS = 30e3
const LOCK_MS = 300
const OLDEST_MS = 29 * 864e5 // the collector refuses 30 days; a clock that jumped must not cost an event

/** @type {any} */
let timer
let tries = 0
let retryAt = 0 // our own patience
let allowedAt = 0 // Retry-After
let limit = ENVELOPE_EVENTS
let isUrgent = false
let inFlight = 0 // bytes
/** @type {(() => void)[]} */
const waiters = []

const elapsed = () => performance.now()

/** @param {Entry[]} taken */
const envelope = (taken) => {
  const sent_at = Date.now()
  const events = taken.map(({ told: [at, , event], since = Infinity }) => {
    const age = Math.min(Math.max(sent_at - at, elapsed() - since, 0), OLDEST_MS)
    return { at: Math.round(sent_at - age), ...event }
  })
  return toJson({ sent_at, ...taken[0].told[1], events })
}

/** @param {Entry[]} taken @param {any} status of the answer; 0: there was none @param {any} body @param {any} after */
const settle = (taken, status, { rejected, code = '' + status, message }, after) => {
  if (status == 202) {
    tries = 0
    limit = Math.min(limit * 2, ENVELOPE_EVENTS)
    close(taken, [rejected ?? []].flat())
  } else if (!/^4(?!08|25|29)/.test(status)) {
    retryAt = elapsed() + Math.min(2 ** tries++, 80) * (650 + Math.random() * 90)
    allowedAt = elapsed() + (after * 1e3 || 0)
  } else if (/400|413/.test(status) && taken[1]) {
    limit = 1 // to find the one event that spoils the envelope
  } else {
    close(taken, taken.map((entry) => ({ eid: entry.told[2].eid, code, message })))
  }
}

/** @param {Entry[]} taken @param {boolean} keepalive @param {boolean} [isLast] the page goes */
const deliver = async (taken, keepalive, isLast) => {
  const body = envelope(taken)
  const heft = byteLength(body)
  let status, text, after
  for (const entry of taken) entry.isBusy = true
  inFlight += heft
  try {
    if (isLast && inFlight > KEEPALIVE_BYTES) {
      await navigator.sendBeacon(collectUrl(), body) // it has no answer
    } else {
      const signal = AbortSignal.timeout?.(ANSWER_MS)
      const answer = await fetch(collectUrl(), { method: 'POST', body, keepalive, signal, credentials: 'omit' })
      text = await answer.text() // unread it would keep its part of the budget
      after = answer.headers.get('Retry-After')
      status = answer.status
    }
  } catch {
    // No network, or no answer in time: it stays queued. What throws at once is busy till the end of this turn, too, or
    // a page that goes would take the same events again and again.
    await 0
  }
  inFlight -= heft
  for (const entry of taken) entry.isBusy = false
  settle(taken, status, fromJson(text ?? '') ?? {}, after)
  plan()
}

/** Every other try goes without keepalive: its budget is shared with the page, which may have used it up.
 * @param {unknown} [lock] null: another tab has it */
const turn = (lock) => {
  if (lock === null) {
    retryAt = elapsed() + LOCK_MS
    return plan()
  }
  isUrgent = false
  const taken = batch(limit)
  return taken[0] ? deliver(taken, !(tries % 2)) : plan()
}

/** One tab at a time, where the browser has locks; none keeps the lock longer than its request may last. The lock is asked
 * for and never waited for: a page that waits for one cannot be kept for the way back. */
const pump = async () => {
  if (inFlight) return
  try {
    await navigator.locks.request('cueline', { ifAvailable: true }, turn)
  } catch {
    turn()
  }
}

/** When the next request is due. While one is on its way none begins: its answer plans the next. */
export const plan = () => {
  const [first] = entries
  clearTimeout(timer)
  if (!first) waiters.splice(0).forEach((resolve) => resolve())
  if (!first || consent != 'granted') return
  const batchAt = isUrgent || isFull() ? 0 : (first.since ?? 0) + BATCH_MS
  timer = setTimeout(pump, Math.max(batchAt, retryAt, allowedAt) - elapsed())
}

/** Do not wait for more. */
const urge = () => {
  isUrgent = !!entries[0]
  plan()
}

/** The network or the visitor is back: try at once, but not before the collector allowed it. */
export const wake = () => {
  retryAt = 0
  adopt()
  urge()
}

/** The page may be gone in a moment: everything that the browser still takes goes out now, in order. What
 * no answer confirms stays in the store. */
export const hide = () => {
  for (let taken; consent == 'granted' && elapsed() >= allowedAt && (taken = batch(limit))[0]; ) deliver(taken, true, true)
}

/** Resolves when all that is queued was answered. @returns {Promise<void>} */
export const flush = () =>
  new Promise((resolve) => {
    waiters.push(resolve)
    urge()
  })
