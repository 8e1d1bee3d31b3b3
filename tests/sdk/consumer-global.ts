// A page with the script tag, in TypeScript: the global that the tag makes is typed. Checked by tsc, never run.
import 'cueline/global'

cueline('action', 'X')
window.cueline.online('42')
// @ts-expect-error no such call
cueline.track('X')
