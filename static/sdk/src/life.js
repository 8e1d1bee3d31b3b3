// What happens to the page: its router changes the address, it is hidden, it comes back.
import { hide, wake } from './sender.js'

/** @param {(event: any) => void} listen */
export const watchAddress = (listen) => {
  // The Navigation API tells of every change, pushState too, without our touching the page's history object.
  /** @type {any} */ (window).navigation?.addEventListener('currententrychange', listen)
  addEventListener('popstate', listen)
}

export const watchLife = () => {
  addEventListener('pagehide', hide)
  addEventListener('pageshow', wake)
  addEventListener('online', wake)
  addEventListener('visibilitychange', () => (document.hidden ? hide() : wake()), true)
}
