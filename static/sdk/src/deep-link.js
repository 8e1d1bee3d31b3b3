// Deep links: `dp:<verb>[&key=value]*`, and how to take one off an address. The same grammar as
// backend/cueline/deeplinks; a test compares the two on random texts, so change both or neither.

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
const decode = (text) => {
  try {
    return decodeURIComponent(text)
  } catch (_) {
    return text
  }
}

/** @param {string} verb @param {string} key */
const isDeclared = (verb, key) =>
  (verb === 'action' ? ['action'] : verb === 'go' ? ['url', 'target'] : ['id']).includes(key.toLowerCase())

/** How a value reads in an address, where a plus is a space. @param {string} text */
const decodeValue = (text) => decode(text.replace(/\+/g, ' '))

/** @param {string} text @param {number} start */
const pieceEnd = (text, start) => {
  const end = text.indexOf('&', start)
  return end < 0 ? text.length : end
}

/** A raw link goes on while the pieces bear names that its verb declares.
 * @param {string} part @param {number} start of the verb @param {number} end of the first piece */
const rawEnd = (part, start, end) => {
  const text = part.slice(start, end)
  const verb = ADDRESS.test(text) ? 'go' : trim(text).toLowerCase()
  while (end < part.length) {
    const following = pieceEnd(part, end + 1)
    if (!isDeclared(verb, part.slice(end + 1, following).split('=')[0])) break
    end = following
  }
  return end
}

/** @param {string} error */
const refuse = (error) => ({ error })

/**
 * Read a deep link: its verb and parameters, or the code of the first thing that is wrong with it.
 * @param {string} link
 * @returns {Parsed}
 */
export function parse(link) {
  const text = trim(String(link))
  if (!text) return refuse('empty')
  if (length(text) > 2048) return refuse('too_long')
  if (CONTROL.test(text)) return refuse('control_character')
  const body = text.replace(/^dp:/i, '')
  if (ADDRESS.test(body)) return { verb: 'go', params: { url: body } }
  if (body === text) return refuse('not_a_deep_link')

  const [first, ...pieces] = body.split('&')
  const name = trim(first) // checked before it is lower-cased: the Kelvin sign becomes a k
  if (!NAME.test(name) || name[0] === '_') return refuse('bad_verb')
  const verb = name.toLowerCase()

  /** @type {Record<string, string>} */
  const params = {}
  let pairs = 0
  for (const piece of pieces) {
    const [, rawKey, , rawValue = 'true'] = /** @type {string[]} */ (/^([^=]*)(=([^]*))?$/.exec(piece))
    if (!rawKey) continue
    const key = decode(rawKey)
    const value = decode(rawValue)
    if (!NAME.test(key) || DANGEROUS.test(key)) return refuse('bad_key')
    if (CONTROL.test(value)) return refuse('control_character')
    if (length(value) > 512) return refuse('value_too_long')
    if (++pairs > 32) return refuse('too_many_parameters')
    params[isDeclared(verb, key) ? key.toLowerCase() : key] = value
  }

  const action = params.action
  if (verb !== 'action') return { verb, params }
  if (action === undefined) return refuse('missing_action')
  if (!action || length(action) > 100 || trim(action) !== action) return refuse('bad_action')
  return { verb, params }
}

/**
 * Take the deep link off an address. The hash goes before the query, the first link counts, all of them leave.
 * @param {string} href
 * @param {string[]} [names]
 * @returns {Captured}
 */
export function capture(href, names = ['_dp', '_smartico_dp']) {
  const [, page, query = '', hash = ''] = /** @type {string[]} */ (
    /^([^?#]*)(\?[^#]*)?(#[^]*)?$/.exec(String(href))
  )
  const found = names.map((name) => name.replace(/\W/g, '\\$&')).join('|')
  /** @type {string | null} */
  let link = null

  /** @param {string} part with its mark @param {string} places where a parameter may stand */
  const clean = (part, places) => {
    const finder = new RegExp(`(${places})(${found})=(?=[dD][pP](:|%3[aA]|%253[aA]))`, 'g')
    let kept = ''
    let position = 0
    let match
    while ((match = finder.exec(part))) {
      const start = finder.lastIndex
      let end = pieceEnd(part, start)
      let value = part.slice(start, end)
      const isRaw = value[2] === ':' && !value.includes('%26')
      if (isRaw) {
        end = rawEnd(part, start + 3, end)
        value = part.slice(start, end).replace(/\+/g, '%20')
      } else {
        value = decodeValue(value[3] === '2' ? decodeValue(value) : value)
      }
      if (link === null) link = value
      kept += part.slice(position, match.index + match[1].length)
      if (kept === part[0] + '&') kept = part[0]
      position = end + 1
      finder.lastIndex = end
    }
    if (position < part.length) return kept + part.slice(position) // also when nothing was found
    return kept.length > 2 ? kept.slice(0, -1) : ''
  }

  const keptHash = clean(hash, '^#|[?&]')
  const url = page + clean(query, '^\\?|&') + keptHash
  return { link, url, parsed: link === null ? null : parse(link) }
}
