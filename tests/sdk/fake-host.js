// A window without a browser: storage, network, clocks, chance and address in memory, and time that a test moves.
import { readFileSync, readdirSync } from 'node:fs'

const SOURCES = new URL('../../static/sdk/src/', import.meta.url)
const PARTS = /^(compat|frame|part|esm|stub|types|cueline)/ // files of their own

/** The core's modules as the bundle has them, in one scope, with a fake for each name of the browser that they use. */
const modules = readdirSync(SOURCES)
  .filter((name) => name.endsWith('.js') && !PARTS.test(name) && name != 'core.js')
  .concat('core.js') // it names the others' functions as it is read
  .map((name) => readFileSync(new URL(name, SOURCES), 'utf8'))
const program = modules.join('\n').replace(/^import [^]*? from .*$/gm, '').replace(/^export /gm, '')
const NAMES = `window location document history navigator performance Date Math crypto console Request localStorage
  isSecureContext setTimeout clearTimeout setInterval addEventListener fetch VERSION`.split(/\s+/)
const core = new Function(...NAMES, `${program}\nreturn { begin, replay, save, text }`)

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

/** Its functions are not enumerable. */
const mathOf = (math) => Object.fromEntries(Object.getOwnPropertyNames(math).map((name) => [name, math[name]]))

class FakeHost {
  constructor({ localStorage = createStorage(), href = 'https://shop.example/page', now = 1_800_000_000_000, replace, ...more } = {}) {
    this.replace = replace ?? ((state, url) => this.replaced.push([state, url]))
    this.localStorage = localStorage
    this.location = new URL(href)
    this.location.assign = (url) => this.visited.push(url)
    this.document = { referrer: '', title: 'Page', readyState: 'complete', hidden: false, cookie: '' }
    if (more.document) this.document = Object.assign(more.document, { referrer: '', title: 'Page', readyState: 'complete', hidden: false })
    this.history = { state: { of: 'the page' }, replaceState: (state, _, url) => this.replace(state, url) }
    this.navigator = { language: 'en', sendBeacon: (_, body) => this.beacons.push(JSON.parse(body)) }
    this.performance = { now: () => this.elapsed }
    this.Date = { now: () => this.wall, parse: Date.parse }
    this.Math = { ...mathOf(Math), random: () => more.chance ?? 1 }
    this.crypto = globalThis.crypto
    this.console = { warn: (text) => this.warnings.push(text) }
    this.Request = class {
      get keepalive() {
        return false
      }
    }
    Object.assign(this, { visited: [], replaced: [], beacons: [], warnings: [], sent: [], listeners: {}, timers: [] })
    this.navigator.locks = more.locks
    if (more.Request) this.Request = more.Request
    Object.assign(this, { elapsed: 1000, wall: now, timerId: 0, answer: () => ({ status: 202 }) })
  }

  setTimeout(fn, ms = 0) {
    this.timers.push({ id: ++this.timerId, at: this.elapsed + Math.max(ms, 0), fn })
    return this.timerId
  }

  clearTimeout(id) {
    this.timers = this.timers.filter((timer) => timer.id != id)
  }

  setInterval(fn, ms) {
    const again = () => {
      fn()
      this.setTimeout(again, ms)
    }
    this.setTimeout(again, ms)
  }

  addEventListener(name, fn) {
    ;(this.listeners[name] ??= []).push(fn)
  }

  fire(type, event = {}) {
    for (const fn of this.listeners[type] ?? []) fn({ type, ...event })
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

/** The core in a window of fakes. @param {object} [given] for the host @param {any} [stub] what the stub left there */
export function loadCore(given = {}, stub = undefined, script = {}) {
  const host = new FakeHost(given)
  host.window = host
  if (stub) host.cueline = stub
  const bound = (value) => (typeof value == 'function' && value != host.Request ? value.bind(host) : value)
  const fakes = NAMES.map((name) => (name == 'VERSION' ? 'test' : bound(host[name])))
  const inside = core(...fakes)
  inside.begin({ src: 'https://collect.example/v1/cueline.js', dataset: {}, ...script })
  return { host, ...inside, cueline: host.cueline }
}

/** A page with the snippet, started. @param {object} [given] for the host, and `init` options */
export function openPage({ init = {}, snapshot, ...given } = {}) {
  const q = []
  const stub = Object.assign((...args) => stub.run(args), { q, href: snapshot })
  const page = loadCore(given, stub)
  page.cueline('init', { key: 'wk_1', ...init })
  return page
}
