// Texts as the collector takes them.

/** A lone surrogate (a cut emoji) or a NUL would make the collector refuse the event.
 * JSON.stringify writes both as escapes; the pattern walks escape by escape, so that `\\ud800` stays.
 * @param {unknown} value */
export const toJson = (value) =>
  JSON.stringify(value).replace(/\\(u(d[89a-f]..|0000)|.)/g, (escape, _, bad) => (bad ? '\ufffd' : escape))

/** Undefined for what is no JSON. @param {string} text */
export const fromJson = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** UTF-8 bytes. @param {string} text */
export const byteLength = (text) => new TextEncoder().encode(text).length

/** Tells texts apart without keeping them; no secret. @param {string} text */
export const digest = (text) =>
  [...text].reduce((sum, char) => (Math.imul(sum, 31) + /** @type {number} */ (char.codePointAt(0))) | 0, 0)

/** Unguessable. @param {Pick<import('./types.js').Host, 'crypto'>} host */
export const newId = (host) => host.crypto.getRandomValues(new Uint32Array(4)).join('')
