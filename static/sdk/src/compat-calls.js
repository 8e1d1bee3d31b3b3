// What `_smartico` calls are in our words. The table in docs/sdk.md says the same.

/** @typedef {any[]} Call its name and what it is given */

/** @type {{id?: any, hash?: string}} whom identify() named, for login() */
let known = {}

/** @param {any} id @param {{hash?: string, language?: string, properties?: object}} more @returns {Call} */
const online = (id, more) => {
  known = { id, hash: more.hash }
  return ['online', id, more]
}

/** Undefined: nothing of ours does it. @type {Record<string, (...args: any[]) => Call | undefined>} */
const calls = {
  online: (id, language, hash, properties) => online(id, { language, hash, properties }),
  identify: (id, hash, properties) => online(id, { hash, properties }),
  login: (language, properties) => (known.id ? online(known.id, { ...known, language, properties }) : undefined),
  logout: () => {
    known = {}
    return ['logout']
  },
  action: (name, payload) => ['action', name, payload],
  event: (type, payload) => ['event', type, payload],
  dp: (link) => ['dp', link],
  updatePublicTags: (op, tags) => ['tags', op, tags],
}
export const CALLS = new Map(Object.entries(calls))

/** @type {Record<string, [name: string, given: (detail: any) => any[]]>} */
const events = {
  init: ['init', () => [0]],
  identify: ['identify', () => [0, {}]],
  login: ['identify', () => []],
  logout: ['logout', () => []],
  page_navigation: ['page', ({ url, previous }) => [{ url, prev_url: previous, referrer: document.referrer }]],
  protocol_error: ['rejected', ({ code, message }) => [{ errCode: code, errMsg: message }]],
}
/** Theirs: the one of ours that tells of it, and what handlers are given. */
export const EVENTS = new Map(Object.entries(events))

/** What a page may call, and nothing comes of it. */
export const NOTHING = (
  'changeLanguage checkSuccessfullyIdentify clear convertVisitorGame gamificationBlock getPublicProps initVisitorMode ' +
  'isMobile miniGame parseUrl parseUrlHash registerNativePushToken requestPushPermissions sendAnalytics ' +
  'sendDataToBanner sendServerDebug sendServerError setAvatar setLoginEntry setNickname setSkin setUTMs showBanner ' +
  'showVisitorGame showWidget suspendInbox suspendMiniGames suspendPopups vapi'
).split(' ')
