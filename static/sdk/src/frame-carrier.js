// The way out of a frame: the window that holds it, or the native app around a webview. Texts go, texts come.
import { originsOf } from './frame-origins.js'
import { fromJson, listOf } from './text.js'

/** @typedef {{id?: number, result?: unknown, error?: string, on?: string, detail?: unknown}} Heard */
/** @typedef {(text: string) => void} Post */
/** @typedef {[holder: Window, origin: string]} Way */

/** What a native app puts into the page. @typedef {{postMessage: Post}} Native */

/** The app around this page. Frames inside a webview see the same objects, but they have a window to speak to. */
const nativeOf = () => {
  const { webkit, cuelineHost } = /** @type {any} */ (window)
  return /** @type {Native | undefined} */ (webkit?.messageHandlers?.cueline ?? cuelineHost)
}

/** The window that holds this one and the topmost, each with the origins it may have. Where the browser tells which
 * it has, no other is tried: a wrong guess is a line in the console. @param {string[]} allowed @returns {Way[]} */
const waysTo = (allowed) => {
  const origins = [...(location.ancestorOrigins ?? [])]
  return [...new Set([parent, window.top ?? parent])].flatMap((holder) => {
    const known = holder == parent ? origins[0] : origins.pop()
    return allowed.filter((origin) => origin == (known ?? origin)).map((origin) => /** @type {Way} */ ([holder, origin]))
  })
}

/** @param {unknown} hosts who may be the host: origins, or `native` @param {(heard: Heard) => void} hear @returns {Post} */
export const openCarrier = (hosts, hear) => {
  const native = parent == window && listOf(hosts).includes('native') && nativeOf()
  if (native) return (text) => native.postMessage(text)
  let ways = parent == window ? [] : waysTo(originsOf(hosts))
  addEventListener('message', ({ data, source, origin }) => {
    const way = ways.find(([holder, one]) => holder == source && one == origin)
    const heard = way && fromJson(data)
    if (!way || !heard?.cueline) return
    ways = [way] // whoever answers first is the host from now on
    hear(heard)
  })
  return (text) => ways.forEach(([holder, origin]) => holder.postMessage(text, origin))
}
