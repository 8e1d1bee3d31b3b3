// Who is here: the visitor (this browser) and the user. Read anew each time, because tabs share it.
import { restore } from './queue.js'
import { erase, load, save } from './store.js'
import { digest, newId, toJson } from './text.js'

/** @typedef {{id: string, hash?: string, language?: string}} User */
/** @typedef {{visitor: string, user?: User}} Who */

const WHO = 'cueline.id'
const SESSION = 'cueline.session'
const SESSION_MS = 30 * 60e3

/** @param {string} visitor @param {User} [user] @returns {Who} */
const change = (visitor, user) => {
  save(WHO, toJson({ visitor, user }))
  return { visitor, user }
}

/** @returns {Who} */
export const who = () => {
  const known = load(WHO)
  if (known?.visitor) return known
  restore()
  return change(newId())
}

/** Also what keeps a visitor known: a cookie lasts from its last writing. @param {User} [user] */
export const remember = (user = who().user) => change(who().visitor, user)

/** The next login has to be reported. */
export const endSession = () => erase(SESSION)

/** The next person at this machine inherits nothing. */
export const forget = () => {
  endSession()
  change(newId())
}

/** What this login has to report: at most one `login` per session window and user, and between them only
 * properties that changed. A clock that jumps, either way, just begins a new window.
 * @param {string} id @param {unknown} properties
 * @returns {'login' | 'update_profile' | undefined} */
export const due = (id, properties) => {
  const [user, at, seen] = [load(SESSION)].flat()
  const now = Date.now()
  const sum = digest(toJson(properties))
  save(SESSION, toJson([id, now, sum]))
  if (user !== id || Math.abs(now - at) > SESSION_MS) return 'login'
  return seen == sum ? undefined : 'update_profile'
}
