// Carries the queue to the collector: one request at a time, so that what happened first arrives first.
import { byteLength, fromJson } from './text.js'

/** @typedef {import('./queue.js').Entry} Entry */
/** @typedef {[status: number, body: any, retryAfter: string | null]} Answer status 0: there was none */

const BATCH_MS = 250
const MAX_EVENTS = 100 // what the collector takes in one envelope
const KEEPALIVE_BYTES = 60e3 // browsers allow 64 KiB in flight
const ANSWER_MS = 30e3
const OLDEST_MS = 29 * 864e5 // the collector refuses 30 days; a clock that jumped must not cost an event

/**
 * @param {import('./queue.js').Queue} queue
 * @param {{host: import('./types.js').Host, emit: (name: string, detail: any) => void, url: () => string}} outside
 */
export function createSender(queue, { host, emit, url }) {
  const { entries } = queue
  /** @type {any} */
  let timer
  let tries = 0
  let retryAt = 0 // our own patience
  let allowedAt = 0 // Retry-After
  let limit = MAX_EVENTS
  let isUrgent = false
  let inFlight = 0 // bytes
  /** @type {(() => void)[]} */
  const waiters = []
  const elapsed = () => host.performance.now()

  /** @param {Entry[]} batch */
  const envelope = (batch) => {
    const sent = host.Date.now()
    const events = batch.map(({ at, since = Infinity, body }) => {
      const age = Math.min(Math.max(sent - at, elapsed() - since, 0), OLDEST_MS)
      return `{"at":${Math.round(sent - age)},${body.slice(1)}`
    })
    return `{"sent_at":${sent},${batch[0].head.slice(1, -1)},"events":[${events}]}`
  }

  /** @param {string} body @param {boolean} keepalive @returns {Promise<Answer>} */
  const post = async (body, keepalive) => {
    const size = byteLength(body)
    inFlight += size
    try {
      const signal = AbortSignal.timeout?.(ANSWER_MS)
      const answer = await host.fetch(url(), { method: 'POST', body, keepalive, signal, credentials: 'omit' })
      const text = await answer.text() // unread it would keep its part of the budget
      return [answer.status, fromJson(text) ?? {}, answer.headers.get('Retry-After')]
    } catch {
      return [0, {}, null] // no network, or no answer in time: it stays queued
    } finally {
      inFlight -= size
    }
  }

  /** @param {Entry[]} batch @param {{eid: string}[]} rejected */
  const close = (batch, rejected) => {
    const named = rejected.map(({ eid }) => eid)
    const eids = batch.map(({ eid }) => eid).filter((eid) => !named.includes(eid))
    batch.forEach(queue.drop)
    if (eids[0]) emit('delivered', { eids })
    rejected.forEach((one) => emit('rejected', one))
  }

  /** @param {Entry[]} batch @param {Answer} answer */
  const settle = (batch, [status, { rejected, code = 'http_' + status, message }, after]) => {
    if (status == 202) {
      tries = 0
      limit = Math.min(limit * 2, MAX_EVENTS)
      close(batch, [rejected ?? []].flat())
    } else if (status < 400 || status > 499 || /408|425|429/.test('' + status)) {
      retryAt = elapsed() + Math.min(2 ** tries++, 60) * 1e3 * (0.75 + host.Math.random() / 4)
      const wait = +(after ?? 0) * 1e3 || Date.parse(after ?? '') - host.Date.now() // seconds or a date
      if (wait) allowedAt = elapsed() + wait
    } else if (/400|413/.test('' + status) && batch[1]) {
      limit = Math.ceil(batch.length / 2) // to find the one event that spoils the envelope
    } else {
      close(batch, batch.map(({ eid }) => ({ eid, code, message })))
    }
  }

  /** @param {Entry[]} batch @param {boolean} keepalive */
  const deliver = async (batch, keepalive) => {
    for (const entry of batch) entry.busy = true
    const answer = await post(envelope(batch), keepalive)
    for (const entry of batch) entry.busy = false
    settle(batch, answer)
    if (!entries[0]) waiters.splice(0).forEach((resolve) => resolve())
    plan()
  }

  const pump = () => {
    if (inFlight) return
    isUrgent = false
    const batch = queue.batch(limit)
    // Every other try goes without keepalive: its budget is shared with the page, which may have used it up.
    if (batch[0]) deliver(batch, tries % 2 == 0)
  }

  /** When the next request is due. While one is on its way none begins: its answer plans the next. */
  const plan = () => {
    const [first] = entries
    host.clearTimeout(timer)
    if (!first) return
    const batchAt = isUrgent || queue.isFull() ? 0 : (first.since ?? 0) + BATCH_MS
    timer = host.setTimeout(pump, Math.max(batchAt, tries && retryAt, allowedAt) - elapsed())
  }

  /** Do not wait for more. */
  const urge = () => {
    isUrgent = !!entries[0]
    plan()
  }

  return {
    plan,

    /** The network or the visitor is back: try at once, but not before the collector allowed it. */
    wake() {
      retryAt = 0
      queue.adopt()
      urge()
    },

    /** The page may be gone in a moment: everything that the browser still takes goes out now, in order. What
     * no answer confirms stays in the store. */
    hide() {
      for (let batch; elapsed() >= allowedAt && (batch = queue.batch(limit))[0]; ) {
        const body = envelope(batch)
        if (inFlight + byteLength(body) > KEEPALIVE_BYTES) return
        if (!('keepalive' in host.Request.prototype)) return void host.navigator.sendBeacon(url(), body)
        deliver(batch, true)
      }
    },

    /** Resolves when all that is queued was answered. @returns {Promise<void>} */
    flush: () =>
      new Promise((resolve) => {
        if (!entries[0]) return resolve()
        waiters.push(resolve)
        urge()
      }),
  }
}
