// Without a line of script: `data-cl-action` and `data-cl-dp` on buttons and links at the click, on forms when they are
// submitted. Other `data-cl-…` are the payload.
import { attempt, typed } from './text.js'

/** What the element says, under the names that a payload has. @param {Iterable<Attr>} attributes */
const ownOf = (attributes) => {
  /** @type {Record<string, any>} */
  const said = {}
  for (const { name, value } of attributes) {
    if (/^data-cl-/.test(name)) said[name.slice(8).replace(/-/g, '_')] = typed(value)
  }
  return said
}

/** @param {(args: any[]) => unknown} run */
export const watchElements = (run) => {
  /** @param {Event} event */
  const hear = (event) => {
    for (const { tagName, attributes } of /** @type {HTMLElement[]} */ (event.composedPath())) {
      const { action, dp, ...payload } = ownOf(attributes ?? [])
      if ((!action && !dp) || (tagName == 'FORM') != (event.type == 'submit')) continue
      if (action) run(['action', action, payload])
      if (dp) run(['dp', dp])
      return
    }
  }
  // A form may have a field named `attributes`, which hides its own.
  for (const type of ['click', 'submit']) addEventListener(type, (event) => attempt(() => hear(event)), true)
}
