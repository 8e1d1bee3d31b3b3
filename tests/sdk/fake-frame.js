// A framed page without a browser: the built frame.js in a window of its own, and a holder that the test plays.
import { readFileSync } from 'node:fs'
import vm from 'node:vm'

const BUILT = new URL('../../backend/cueline/static/frame.js', import.meta.url)
const program = new vm.Script(readFileSync(BUILT, 'utf8'))

export const SHOP = 'https://shop.example'

/** Lets promises go on. */
export const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A window that keeps what is posted to it. */
const holder = () => {
  const posted = []
  return { posted, postMessage: (text, origin) => posted.push({ ...JSON.parse(text), origin }) }
}

/**
 * `ancestors`: the origins around the frame, as far as the browser tells them. `native`: what an app has put into the
 * page, which is then a page of its own. `storage`: sessionStorage, one for all pages of a tab.
 */
export function openFrame({ href = 'https://game.example/', dataset = { hosts: SHOP }, state = 'complete', ...given } = {}) {
  const { ancestors, native, storage = {}, calls = [] } = given
  const parent = holder()
  const top = given.isNested ? holder() : parent
  const listeners = {}
  const timers = []
  const warnings = []
  const replaced = []
  const window = {
    ...native,
    location: { href, ancestorOrigins: ancestors },
    document: { readyState: state, currentScript: { dataset } },
    history: { state: 7, replaceState: (was, _, url) => ((window.location.href = url), replaced.push([was, url])) },
    console: { warn: (text) => warnings.push(text) },
    navigation: { addEventListener: (name, listen) => (listeners[name] ??= []).push(listen) },
    addEventListener: (name, listen) => (listeners[name] ??= []).push(listen),
    setTimeout: (fn, ms, ...args) => timers.push({ fn: () => fn(...args), ms }),
    clearTimeout: (id) => id && (timers[id - 1].isOver = true),
  }
  const { sessionStorage } = Object.defineProperty({}, 'sessionStorage', { value: storage })
  window.sessionStorage = sessionStorage
  window.window = window
  window.parent = native ? window : parent
  window.top = native ? window : top
  if (calls.length) window.cueline = Object.assign((...args) => window.cueline.run(args), { q: calls, href })
  program.runInNewContext(window)
  const { cueline } = window
  const fire = (name, event = {}) => (listeners[name] ?? []).forEach((listen) => listen(event))

  return {
    ...{ window, cueline, parent, top, timers, warnings, replaced, storage, fire },

    /** A message as the browser hands it over. */
    hear: (message, { source = parent, origin = SHOP } = {}) =>
      fire('message', { data: JSON.stringify({ cueline: 1, ...message }), source, origin }),

    /** The timer that is next fires. */
    tick: () => {
      const next = timers.findLast(({ isOver }) => !isOver)
      next.isOver = true
      next.fn()
      return next.ms
    },
  }
}

/** What was posted, as its calls. */
export const said = ({ posted }) => posted.map(({ args }) => args)
