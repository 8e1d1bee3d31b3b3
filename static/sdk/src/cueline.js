// The core as it is served.
import { begin } from './begin.js'

begin(/** @type {HTMLScriptElement | null} */ (document.currentScript))
