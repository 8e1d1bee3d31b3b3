// Who is here: the visitor (this browser), the user, and what waits for him. Read anew each time, because tabs share it.
import { restore } from './queue.js'
import { load, save, WHO } from './store.js'
import { digest, newId, toJson } from './text.js'

/** @typedef {{id: string, hash?: string}} User as the collector takes it */
/**
 * @typedef {object} Who
 * @property {string} visitor
 * @property {User} [user]
 * @property {string} [language] of the user
 * @property {[id: string, at: number, sum: number]} [session] what was last reported of whom
 * @property {{link: string, at: number}[]} [links] for the page, until the user is known
 * @property {string | null} [stuck] the link of an address that cannot be cleaned
 */

const SESSION_MS = 30 * 60e3

/** @param {Who} known */
const keep = (known) => {
  save(WHO, known)
  return known
}

/** The next person at this machine inherits nothing. */
export const forget = () => keep({ visitor: newId() })

/** @returns {Who} */
export const who = () => {
  const known = load(WHO)
  if (known?.visitor) return known
  restore()
  return forget()
}

/** Also without a change: a cookie lasts from its last writing. @param {Partial<Who>} [changes] */
export const change = (changes) => keep({ ...who(), ...changes })

/** What this login has to report: at most one `login` per session window and user, and between them only
 * properties that changed. A clock that jumps, either way, just begins a new window.
 * @param {User} user @param {string | undefined} language @param {unknown} properties
 * @returns {'login' | 'update_profile' | undefined} */
export const login = (user, language, properties) => {
  const [id, at = 0, seen] = who().session ?? []
  const now = Date.now()
  const sum = digest(toJson(properties))
  change({ user, language, session: [user.id, now, sum] })
  if (user.id !== id || Math.abs(now - at) > SESSION_MS) return 'login'
  return seen == sum ? undefined : 'update_profile'
}
