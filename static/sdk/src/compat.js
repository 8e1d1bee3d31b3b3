// The global of a page that was written for another system, under the name that the option `compat` gives.
import { install } from './compat-global.js'
import { queueOf } from './part.js'

const begin = () => {
  const cueline = queueOf('cueline')
  if (cueline.compat) return // the script is here twice
  cueline.compat = true
  cueline('on', 'init', (/** @type {any} */ { options }) => options.compat && install(cueline, options))
}
begin()
