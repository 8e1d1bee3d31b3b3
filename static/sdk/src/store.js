// localStorage that never throws: where it is blocked or full, a value lives as long as the page.
import { fromJson } from './text.js'

/** @typedef {ReturnType<typeof openStore>} Store */

/** @param {Pick<import('./types.js').Host, 'localStorage'>} host */
export function openStore(host) {
  /** @type {Record<string, string>} */
  const memory = {}

  /** @template T @param {(storage: Storage) => T} use @returns {T | undefined} */
  const attempt = (use) => {
    try {
      return use(host.localStorage)
    } catch {
      return undefined
    }
  }

  /** @param {string} key */
  const erase = (key) => {
    delete memory[key]
    attempt((storage) => storage.removeItem(key))
  }

  /** @param {string} key */
  const text = (key) => memory[key] ?? attempt((storage) => storage.getItem(key)) ?? ''

  return {
    text,
    erase,

    /** What JSON the key holds; undefined for none. @param {string} key */
    load: (key) => fromJson(text(key)),

    /** @param {string} key @param {string} value */
    save(key, value) {
      delete memory[key]
      attempt((storage) => (storage.setItem(key, value), true)) || (memory[key] = value)
    },

    /** What other pages see, sorted. @param {string} prefix */
    list: (prefix) => (attempt(Object.keys) ?? []).filter((key) => key.startsWith(prefix)).sort(),
  }
}
