// What a page in TypeScript may write, and what must not compile. Checked by tsc, never run.
import cueline, { cueline as named, type Cueline, type Events, type Handler, type Options } from 'cueline'

const options: Options = { key: 'wk_1', url: 'https://c.example', holdMinutes: 5, goOrigins: ['https://a.example'] }
const same: Cueline = named === cueline ? named : cueline
same.init(options)
cueline('init', { key: 'wk_1', consent: 'pending', spa: false, frames: 'https://a.example', compat: '_smartico' })

interface Basket {
  amount: number
  items: string[]
}
const basket: Basket = { amount: 12, items: ['tea'] }
cueline('action', 'X', basket)
cueline.action('X', { amount: 12 })
cueline.action('X')
cueline('event', 'custom', basket)
cueline('online', 42, { hash: '1.x', language: 'en', properties: { first_name: 'Ada' } })
cueline.identify('ada')
cueline('set', { vip: true })
cueline.tags('add', ['vip'] as const)
cueline('tags', 'clear')
cueline('page')
cueline.consent('denied')
cueline.logout()

const heard: Handler<'rejected'> = ({ eid, code, message }) => [eid.length, code.length, message?.length]
cueline.on('rejected', heard)
cueline('on', 'deep_link', ({ verb, params }) => [verb.length, params.id?.length])
cueline.on('delivered', ({ eids }: Events['delivered']) => eids.length)
cueline.off('delivered')
const flushed: Promise<void> = cueline.flush()
const isLink: boolean | Promise<boolean> = cueline.dp('dp:inbox')
void [flushed, isLink]

// @ts-expect-error no key
cueline.init({ url: 'https://c.example' })
// @ts-expect-error misspelt option
cueline.init({ key: 'wk_1', holdMinute: 5 })
// @ts-expect-error not a consent
cueline('consent', 'perhaps')
// @ts-expect-error nobody
cueline.online()
// @ts-expect-error a payload is an object
cueline.action('X', 12)
// @ts-expect-error no such call
cueline('track', 'X')
// @ts-expect-error no such call
cueline.track('X')
// @ts-expect-error no such event
cueline.on('ready', () => {})
// @ts-expect-error an event's details are typed
cueline('on', 'identify', ({ name }) => name)
// @ts-expect-error clear takes no tags
cueline('tags', 'clear', ['a'])
// @ts-expect-error values are missing
cueline.tags('add')
// @ts-expect-error not a text
cueline.dp(5)
