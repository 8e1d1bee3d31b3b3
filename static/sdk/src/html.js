// Without a line of script: `data-cl-action` and `data-cl-dp` on buttons and links at the click, on forms when they are
// submitted. Other `data-cl-…` are the payload.
import { attempt, typed } from './text.js'

/** @param {(args: any[]) => unknown} run */
export const watchElements = (run) => {
  /** @param {Event} event */
  const hear = (event) => {
    for (const { tagName, attributes } of /** @type {HTMLElement[]} */ (event.composedPath())) {
      /** @type {Record<string, any>} */
      const said = {}
      for (const { name, value } of attributes ?? []) {
        const [, field] = name.split('data-cl-')
        if (field) said[field.replace(/-/g, '_')] = typed(value)
      }
      const { action, dp, ...payload } = said
      if ((!action && !dp) || (tagName == 'FORM') != (event.type == 'submit')) continue
      if (action) run(['action', action, payload])
      if (dp) run(['dp', dp])
      return
    }
  }
  // A form may have a field named `attributes`, which hides its own.
  for (const type of ['click', 'submit']) addEventListener(type, (event) => attempt(() => hear(event)), true)
}
