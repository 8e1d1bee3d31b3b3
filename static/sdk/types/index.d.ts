/**
 * What a page says to Cueline. Every call works as `cueline('action', 'X')` and as `cueline.action('X')`, before `init` too:
 * then it is kept and done afterwards. On a server (no `window`) every call does nothing.
 */
export interface Cueline extends Methods {
  (call: 'init', options: Options): void
  (call: 'online' | 'identify', userId: string | number, more?: Login): void
  (call: 'logout'): void
  (call: 'action', name: string, payload?: Payload): void
  (call: 'event', type: string, payload?: Payload): void
  (call: 'set', properties: Payload): void
  (call: 'tags', op: 'add' | 'remove' | 'replace', values: string | readonly string[]): void
  (call: 'tags', op: 'clear'): void
  (call: 'page', payload?: Payload): void
  (call: 'dp', link: string): boolean | Promise<boolean>
  (call: 'consent', state: Consent): void
  <Name extends EventName>(call: 'on', name: Name, handler: Handler<Name>): void
  <Name extends EventName>(call: 'off', name: Name, handler?: Handler<Name>): void
  (call: 'flush'): Promise<void>
}

export interface Methods {
  /** Begins. Once: a second call changes nothing, and warns if it names another key. */
  init(options: Options): void
  /**
   * Says who is here; on each page. Reports `login` at most once in 30 minutes of use per user, and always after `logout`.
   * @param userId the shop's own id. An empty one throws `TypeError`; a number is taken as text.
   */
  online(userId: string | number, more?: Login): void
  /** The same as `online`. */
  identify(userId: string | number, more?: Login): void
  /** Reports `logout`, then takes a new visitor id and forgets held links: the next person here inherits nothing. */
  logout(): void
  /** Reports a client action. */
  action(name: string, payload?: Payload): void
  /** Reports an event of a type of your own. */
  event(type: string, payload?: Payload): void
  /** Reports changed properties of the user. */
  set(properties: Payload): void
  /** Reports tags of the user. */
  tags(op: 'add' | 'remove' | 'replace', values: string | readonly string[]): void
  tags(op: 'clear'): void
  /** Reports that a page was seen. By itself on each navigation inside a single-page site, unless `spa: false`. */
  page(payload?: Payload): void
  /**
   * Follows a deep link as if it had stood in the address: held until the user is known.
   * @returns whether it is a deep link; a promise of it before the core is there.
   */
  dp(link: string): boolean | Promise<boolean>
  /** What the visitor decided. It is not stored: say it on each page. */
  consent(state: Consent): void
  /** `init` and `identify` reach those who come late. A handler that throws hurts nobody. */
  on<Name extends EventName>(name: Name, handler: Handler<Name>): void
  /** Without a handler: all of that name. */
  off<Name extends EventName>(name: Name, handler?: Handler<Name>): void
  /** Sends what is queued at once. Resolves when all of it was answered. */
  flush(): Promise<void>
}

/** Options of `init`; on the tag each is an attribute (`holdMinutes` → `data-hold-minutes`). */
export interface Options {
  /** The write key, `wk_…`. It is public. */
  key: string
  /** The collector's address, such as `https://cueline.shop.example`. Without it: where the script came from; in a bundle,
   * the page's own origin. */
  url?: string
  /** Parameters of an address that carry a deep link. Default: `_dp` and `_smartico_dp`. */
  deepLinkParams?: string | readonly string[]
  /** How long a link for the page waits for a login. Default: 30. */
  holdMinutes?: number
  /** `pending`: kept in memory, nothing stored or sent. `denied`: nothing kept. Default: `granted`. */
  consent?: Consent
  /** `false`: no `page` by itself on navigations inside a single-page site. */
  spa?: boolean
  /** The domain whose subdomains share visitor, user and held links by a cookie, such as `shop.example`. */
  cookieDomain?: string
  /** Other origins that a `go` link may lead to. */
  goOrigins?: string | readonly string[]
  /** Warnings in the console. */
  debug?: boolean
  /** Answers calls that were written for another queue function. */
  compat?: '_smartico'
  /** Origins whose frames on this page may speak through it. */
  frames?: string | readonly string[]
}

/** What goes with an `online`. */
export interface Login {
  /** `<expiry>.<hex HMAC>`, made by your server, for workspaces that verify their users. */
  hash?: string
  /** Such as `en` or `pt-BR`; becomes the property `language` too. */
  language?: string
  properties?: Payload
}

/** An object that JSON can write. */
export type Payload = object

export type Consent = 'granted' | 'denied' | 'pending'

/** What `on` tells, by name. */
export interface Events {
  /** It has begun. `options` are those in force. */
  init: { visitor_id: string; options: Options }
  /** `online` was called. */
  identify: { id: string }
  /** `logout` was called, with a user. */
  logout: { id: string }
  /** A deep link for the page, once the user is known: every verb but `action` and `go`. */
  deep_link: { link: string; verb: string; params: Record<string, string> }
  /** A page was reported. */
  page: { url: string }
  /** The collector has these events. */
  delivered: { eids: string[] }
  /** The collector refuses this event for good, or it is too large. */
  rejected: { eid: string; code: string; message?: string }
  /** A call that could not be carried out. */
  error: { call: string; message: string }
}

export type EventName = keyof Events

export type Handler<Name extends EventName> = (detail: Events[Name]) => void

export declare const cueline: Cueline
export default cueline
