// The host page's side of its frames: runs what a frame of an allowed origin says, and tells it what came of it.
import { listen } from './frame-host.js'
import { queueOf } from './part.js'

const begin = () => {
  const cueline = queueOf('cueline')
  if (cueline.frames) return // the script is here twice
  cueline.frames = true
  cueline('on', 'init', (/** @type {any} */ { options }) => listen(cueline, options))
}
begin()
