// Who may speak with whom: exact origins and nothing else.
import { listOf } from './text.js'

/** `*`, `null`, an address with a path: none of them is an origin, and whoever lists one opens nothing.
 * @param {unknown} given a list, or a text with spaces or commas @returns {string[]} */
export const originsOf = (given) => listOf(given).filter((one) => /^[\w+.-]+:\/\/[\w.:[\]-]+$/.test(one))
