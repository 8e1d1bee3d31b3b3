// What happens to the page: its router changes the address, it is hidden, it comes back.

/** @param {import('./types.js').Host} host @param {() => void} listen */
export function watchAddress(host, listen) {
  // The Navigation API tells of every change, pushState too, without our touching the page's history object.
  /** @type {any} */ (host).navigation?.addEventListener('currententrychange', listen)
  host.addEventListener('popstate', listen)
  host.addEventListener('hashchange', listen)
}

/**
 * @param {import('./types.js').Host} host
 * @param {{hide: () => void, wake: () => void}} sender
 */
export function watchLife(host, { hide, wake }) {
  host.addEventListener('pagehide', hide)
  host.addEventListener('pageshow', wake)
  host.addEventListener('online', wake)
  host.addEventListener('visibilitychange', () => (host.document.hidden ? hide() : wake()), true)
}
