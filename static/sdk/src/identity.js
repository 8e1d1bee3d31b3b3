// Who is here: the visitor (this browser) and the user. Read anew each time, because tabs share it.
import { digest, newId, toJson } from './text.js'

/** @typedef {{id: string, hash?: string, language?: string}} User */
/** @typedef {{visitor: string, user?: User}} Who */
/** @typedef {ReturnType<typeof createIdentity>} Identity */

const WHO = 'cueline.id'
const SESSION = 'cueline.session'
const SESSION_MS = 30 * 60e3

/** @param {import('./store.js').Store} store @param {import('./types.js').Host} host */
export function createIdentity(store, host) {
  /** @param {string} visitor @param {User} [user] @returns {Who} */
  const change = (visitor, user) => {
    store.save(WHO, toJson({ visitor, user }))
    return { visitor, user }
  }

  /** @returns {Who} */
  const who = () => {
    const known = store.load(WHO)
    return known?.visitor ? known : change(newId(host))
  }

  /** The next login has to be reported. */
  const endSession = () => store.erase(SESSION)

  return {
    who,
    endSession,

    /** @param {User} user */
    login: (user) => change(who().visitor, user),

    /** The next person at this machine inherits nothing. */
    logout() {
      endSession()
      change(newId(host))
    },

    /** What this login has to report: at most one `login` per session window and user, and between them only
     * properties that changed. A clock that jumps, either way, just begins a new window.
     * @param {string} id @param {unknown} properties
     * @returns {'login' | 'update_profile' | undefined} */
    due(id, properties) {
      const [user, at, seen] = [store.load(SESSION)].flat()
      const now = host.Date.now()
      const sum = digest(toJson(properties))
      store.save(SESSION, toJson([id, now, sum]))
      if (user !== id || Math.abs(now - at) > SESSION_MS) return 'login'
      return seen == sum ? undefined : 'update_profile'
    },
  }
}
