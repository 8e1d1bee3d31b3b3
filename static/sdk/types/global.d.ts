// For pages with the tag: `import 'cueline/global'` types the `cueline` that it makes, and adds nothing to the bundle.
import type { Cueline } from './index.js'

declare global {
  var cueline: Cueline
  interface Window {
    cueline: Cueline
  }
}
