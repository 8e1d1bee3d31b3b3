// The core's place in a page that another page or a native app shows: the same `cueline`, run by the host.
import { answer, replay, run } from './frame-core.js'

const METHODS = 'init online identify logout action event set tags dp on off page consent flush'

const begin = () => {
  const host = /** @type {Window & {cueline?: any}} */ (window)
  const cueline = (host.cueline ??= Object.assign((/** @type {any[]} */ ...args) => run(args), { q: [] }))
  if (cueline.run || !cueline.q) return // the script is here twice, or something of the page's own bears the name
  Object.assign(cueline, { run, answer })
  for (const name of METHODS.split(' ')) cueline[name] = (/** @type {any[]} */ ...args) => run([name, ...args])
  const { dataset } = /** @type {HTMLElement} */ (document.currentScript)
  if (dataset.hosts) cueline('init', dataset)
  cueline.q.splice(0).forEach(replay)
}
begin()
