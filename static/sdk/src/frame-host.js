// What a frame says is checked (its origin, its window, the name of the call), run once, and answered.
import { originsOf } from './frame-origins.js'
import { fromJson } from './text.js'

/** @typedef {{source: any, tell: (answer: object) => void}} Speaker */
/** @typedef {{frames?: unknown, key: string, debug?: unknown}} Options */

const PREFIX = '{"cueline":1,' // our frames begin so; whatever else the windows of a page tell each other is not read
const CALLS = /^(online|identify|logout|action|event|set|tags|dp|page|flush)$/
const MAX_REMEMBERED = 5000

/** @param {any} source */
const isInside = (source) => {
  for (let one = source; one && one != one.parent; one = one.parent) if (one.parent == window) return true
  return false
}

/** @param {any} cueline @param {Options} options */
export const listen = (cueline, { frames, key, debug }) => {
  const allowed = originsOf(frames)
  /** @type {Map<number, Promise<unknown>>} what was run, so that a repeated message is only answered */
  const done = new Map()
  /** @type {Map<unknown, Map<string, Function>>} by the frame's window, which stays when the frame loads a new page */
  const heard = new Map()

  /** @param {unknown} source @param {string} [name] without: all of them */
  const unsubscribe = (source, name) => {
    const handlers = heard.get(source)
    for (const [one, handler] of handlers ?? []) {
      if (one != (name ?? one)) continue
      cueline.off(one, handler)
      handlers?.delete(one)
    }
  }

  /** @param {Speaker} speaker @param {string} name */
  const subscribe = ({ source, tell }, name) => {
    const handler = (/** @type {unknown} */ detail) => tell({ on: name, detail })
    unsubscribe(source, name)
    heard.set(source, (heard.get(source) ?? new Map()).set(name, handler))
    cueline.on(name, handler)
  }

  /** @param {number} id @param {number} at @param {any[]} args */
  const runOnce = (id, at, args) => {
    const result = done.get(id) ?? new Promise((resolve) => cueline.replay([at, id, args, resolve]))
    done.set(id, result)
    if (done.size > MAX_REMEMBERED) done.delete([...done.keys()][0])
    return result
  }

  /** @param {Speaker} speaker @param {{id: number, at: number, args: any[]}} message */
  const serve = async (speaker, { id, at, args: [name, ...given] }) => {
    const { source, tell } = speaker
    if (name == 'init') {
      unsubscribe(source)
      tell({ id, error: (given[0] ?? key) == key ? undefined : 'another key' })
    } else if (name == 'on') subscribe(speaker, given[0])
    else if (name == 'off') unsubscribe(source, given[0])
    else if (!CALLS.test(name)) tell({ id, error: 'not_allowed' })
    // JSON has no undefined: what was left out comes as null.
    else if (id > 0 && at > 0) tell({ id, result: await runOnce(id, at, [name, ...given.map((one) => one ?? undefined)]) })
  }

  addEventListener('message', ({ data, origin, source }) => {
    const message = String(data).startsWith(PREFIX) && fromJson(data)
    if (!Array.isArray(message?.args)) return
    if (allowed.includes(origin) && isInside(source)) {
      const tell = (/** @type {object} */ answer) =>
        /** @type {Window} */ (source).postMessage(JSON.stringify({ cueline: 1, ...answer }), origin)
      serve({ source, tell }, message)
    } else if (debug) console.warn('cueline: not one of `frames`: ' + origin)
  })
}
