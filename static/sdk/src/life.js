// What happens to the page: its router changes the address, it is hidden, it comes back.
import { hide, leave, wake } from './sender.js'

/** @param {() => void} listen */
export const watchAddress = (listen) => {
  // The Navigation API tells of every change, pushState too, without our touching the page's history object.
  const { navigation } = /** @type {any} */ (window)
  if (navigation) navigation.addEventListener('currententrychange', listen)
  else setInterval(listen, 500)
  addEventListener('popstate', listen)
  addEventListener('hashchange', listen)
}

export const watchLife = () => {
  addEventListener('pagehide', leave)
  addEventListener('pageshow', wake)
  addEventListener('online', wake)
  addEventListener('visibilitychange', () => (document.hidden ? hide() : wake()), true)
}
