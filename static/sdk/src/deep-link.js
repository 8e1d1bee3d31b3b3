// Deep links: `dp:<verb>[&key=value]*`, and how to take one off an address. The same grammar as
// backend/cueline/deeplinks; a test compares the two on random texts, so change both or neither.

import { attempt } from './text.js'

/** @typedef {{verb: string, params: Record<string, string>} | {error: string}} Parsed */
/** @typedef {{link: string | null, url: string, parsed: Parsed | null}} Captured */

const ADDRESS = /^(https?:\/)?\//i
const CONTROL = /[\0-\x1f\x7f]/
const NAME = /^[a-z_][\w.-]{0,63}$/i
const DANGEROUS = /^(__proto__|prototype|constructor)$/i

/** ASCII white space only. One greedy match and not two anchored ones: those are quadratic on inner space.
 * @param {string} text */
const trim = (text) => (/[^\t-\r ]([^]*[^\t-\r ])?/.exec(text) || [''])[0]

/** Code points. @param {string} text */
const length = (text) => [...text].length

/** @param {string} text */
const decode = (text) => attempt(() => decodeURIComponent(text)) ?? text

/** @param {string} verb @param {string} key */
const isDeclared = (verb, key) =>
  (verb == 'action' ? /^action$/i : verb == 'go' ? /^(url|target)$/i : /^id$/i).test(key)

/** How a value reads in an address, where a plus is a space. @param {string} text */
const decodeValue = (text) => decode(text.replace(/\+/g, ' '))

/** A link in an address, from its beginning: written with escapes up to the next `&`, or raw (the third group). A raw
 * one goes on while the pieces bear names that its verb declares. */
const LINK =
  /dp(%(25)?3a[^&]*|:[^&]*%26[^&]*|:([\t-\r ]*action[\t-\r ]*(?![^&])(&action(?![^=&])[^&]*)*|([\t-\r ]*go[\t-\r ]*(?![^&])|(https?:\/)?\/[^&]*)(&(url|target)(?![^=&])[^&]*)*|[^&]*(&id(?![^=&])[^&]*)*))/iy

/** The build leaves out the codes of what is a link: in a page nobody reads them.
 * @param {unknown} isWrong @param {string} [code] */
const refuse = (isWrong, code = 'x') => {
  if (isWrong) throw code
}

/** @param {string} text */
const read = (text) => {
  refuse(!text, 'empty')
  refuse(length(text) > 2048, 'too_long')
  refuse(CONTROL.test(text), 'control_character')
  const body = text.replace(/^dp:/i, '')
  if (ADDRESS.test(body)) return { verb: 'go', params: { url: body } }
  refuse(body == text, 'not_a_deep_link')

  const [first, ...pieces] = body.split('&')
  const name = trim(first) // checked before it is lower-cased: the Kelvin sign becomes a k
  refuse(!NAME.test(name) || name[0] == '_', 'bad_verb')
  const verb = name.toLowerCase()
  const params = readPairs(verb, pieces)
  const { action } = params
  if (verb == 'action') {
    refuse(action == null, 'missing_action')
    refuse(!action || length(action) > 100 || trim(action) != action, 'bad_action')
  }
  return { verb, params }
}

/** @param {string} verb @param {string[]} pieces */
const readPairs = (verb, pieces) => {
  /** @type {Record<string, string>} */
  const params = {}
  let pairs = 0
  for (const piece of pieces) {
    const [key, value = 'true'] = piece.split(/=([^]*)/).map(decode)
    if (!key) continue
    refuse(!NAME.test(key) || DANGEROUS.test(key), 'bad_key')
    refuse(CONTROL.test(value), 'control_character')
    refuse(length(value) > 512, 'value_too_long')
    refuse(++pairs > 32, 'too_many_parameters')
    params[isDeclared(verb, key) ? key.toLowerCase() : key] = value
  }
  return params
}

/**
 * Read a deep link: its verb and parameters, or the code of the first thing that is wrong with it.
 * @param {string} link
 * @returns {Parsed}
 */
export function parse(link) {
  try {
    return read(trim(String(link)))
  } catch (error) {
    return { error: /** @type {string} */ (error) }
  }
}

/**
 * Take the deep link off an address. The hash goes before the query, the first link counts, all of them leave.
 * @param {string} href
 * @param {string[]} [names]
 */
export function take(href, names = ['_dp', '_smartico_dp']) {
  const [, page, query = '', hash = ''] = /** @type {string[]} */ (
    /^([^?#]*)(\?[^#]*)?(#[^]*)?$/.exec(href)
  )
  const found = names.map((name) => name.replace(/\W/g, '\\$&')).join('|')
  /** @type {string | null} */
  let link = null

  /** @param {string} part with its mark @param {string} places where a parameter may stand */
  const clean = (part, places) => {
    const finder = RegExp(`(${places})(${found})=(?=[dD][pP](:|%(25)?3[aA]))`, 'g')
    let kept = ''
    let position = 0
    let match
    while ((match = finder.exec(part))) {
      LINK.lastIndex = finder.lastIndex
      const [written, , , isRaw] = /** @type {string[]} */ (LINK.exec(part))
      const value = isRaw ? written.replace(/\+/g, '%20') : decodeValue(written[3] == '2' ? decodeValue(written) : written)
      link ??= value
      kept += part.slice(position, match.index + match[1].length)
      if (kept == part[0] + '&') kept = part[0]
      finder.lastIndex = LINK.lastIndex
      position = LINK.lastIndex + 1
    }
    if (position < part.length) return kept + part.slice(position) // also when nothing was found
    return kept.length > 2 ? kept.slice(0, -1) : ''
  }

  const keptHash = clean(hash, '^#|[?&]')
  return { url: page + clean(query, '^\\?|&') + keptHash, link: /** @type {string | null} */ (link) }
}

/** The same, with what the link says.
 * @param {string} href @param {string[]} [names] @returns {Captured} */
export function capture(href, names) {
  const { link, url } = take(String(href), names)
  return { link, url, parsed: link === null ? null : parse(link) }
}
