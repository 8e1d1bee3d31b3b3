// A window without a browser: storage, network, clocks, chance and address in memory, and time that a test moves.
import { createCueline } from '../../static/sdk/src/core.js'

globalThis.VERSION = 'test'

const METHODS = {
  getItem(key) {
    return this[key] ?? null
  },
  setItem(key, value) {
    this[key] = String(value)
  },
  removeItem(key) {
    delete this[key]
  },
}

export const createStorage = (items = {}) => Object.assign(Object.create(METHODS), items)

/** Lets everything that waits for an answer go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

class FakeHost {
  constructor({ localStorage = createStorage(), href = 'https://shop.example/page', now = 1_800_000_000_000, replace } = {}) {
    this.replace = replace ?? ((state, url) => this.replaced.push([state, url]))
    this.localStorage = localStorage
    this.location = new URL(href)
    this.location.assign = (url) => this.visited.push(url)
    this.document = { referrer: '', title: 'Page', readyState: 'complete', hidden: false }
    this.history = { state: { of: 'the page' }, replaceState: (state, _, url) => this.replace(state, url) }
    this.navigator = { language: 'en', sendBeacon: (_, body) => this.beacons.push(JSON.parse(body)) }
    this.performance = { now: () => this.elapsed }
    this.Date = { now: () => this.wall }
    this.Math = { random: () => 1 }
    this.crypto = globalThis.crypto
    this.console = { warn: (text) => this.warnings.push(text) }
    this.Request = class {
      get keepalive() {
        return false
      }
    }
    Object.assign(this, { visited: [], replaced: [], beacons: [], warnings: [], sent: [], listeners: {}, timers: [] })
    Object.assign(this, { elapsed: 1000, wall: now, timerId: 0, answer: () => ({ status: 202 }) })
  }

  setTimeout(fn, ms = 0) {
    this.timers.push({ id: ++this.timerId, at: this.elapsed + Math.max(ms, 0), fn })
    return this.timerId
  }

  clearTimeout(id) {
    this.timers = this.timers.filter((timer) => timer.id != id)
  }

  addEventListener(name, fn) {
    ;(this.listeners[name] ??= []).push(fn)
  }

  fire(name) {
    for (const fn of this.listeners[name] ?? []) fn({})
  }

  async fetch(url, init) {
    const envelope = JSON.parse(init.body)
    this.sent.push({ url, at: this.elapsed, keepalive: init.keepalive, ...envelope })
    const { status, body = {}, headers = {} } = await this.answer(envelope)
    if (!status) throw new TypeError('Failed to fetch')
    return { status, text: async () => JSON.stringify(body), headers: new Headers(headers) }
  }

  /** Time goes by, timer after timer. */
  async pass(ms) {
    const until = this.elapsed + ms
    await settle()
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.clearTimeout(next.id)
      this.wall += next.at - this.elapsed
      this.elapsed = next.at
      next.fn()
      await settle()
    }
    this.wall += until - this.elapsed
    this.elapsed = until
  }

  /** Every event that went out, in order, as `type` or the action's name. */
  names() {
    return this.sent.flatMap(({ events }) => events.map(({ type, payload }) => payload.client_action ?? type))
  }

  stored() {
    return Object.keys(this.localStorage).filter((key) => key.startsWith('cueline.q.'))
  }
}

/** A page with the snippet, started. @param {object} [given] for the host, and `init` options */
export function openPage({ init = {}, snapshot, ...given } = {}) {
  const host = new FakeHost(given)
  const { run, replay } = createCueline(host, 'https://collect.example', snapshot)
  const cueline = (...args) => run(args)
  cueline('init', { key: 'wk_1', ...init })
  return { host, cueline, replay }
}
