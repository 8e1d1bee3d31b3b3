import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SHOP, openFrame, said, settle } from './fake-frame.js'

const LINK = 'https://game.example/?a=1&_dp=dp%3Aaction%26action%3DA'

test('a frame knocks until the host answers, ever more slowly, and says nothing else before', () => {
  const { cueline, parent, hear, tick } = openFrame()
  cueline('action', 'A')
  const waits = Array.from({ length: 9 }, tick)
  assert.deepEqual(waits, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
  assert.deepEqual([...new Set(said(parent).map(([name]) => name))], ['init'])
  hear({ id: 0 })
  assert.deepEqual(said(parent).at(-1), ['action', 'A'])
  assert.throws(tick, TypeError) // no timer is left
})

test('calls keep their order, their times and what the stub made their ids of', () => {
  const calls = [[1_700_000_000_000, 0.25, ['action', 'KEPT', { n: 1 }]]]
  const { cueline, parent, hear } = openFrame({ calls })
  cueline.online(7, { language: 'fr' })
  hear({ id: 0 })
  cueline.logout()
  const [first, second, third] = parent.posted.slice(1)
  assert.deepEqual({ ...first }, { cueline: 1, id: 0.25, at: 1_700_000_000_000, args: ['action', 'KEPT', { n: 1 }], origin: SHOP })
  assert.deepEqual([second.args, third.args], [['online', 7, { language: 'fr' }], ['logout']])
  assert.ok(Math.abs(second.at - Date.now()) < 60e3 && second.id > 0 && second.id < 1)
})

test('a promise has the result that the host sends, and an error is told by an event', async () => {
  const { cueline, parent, hear } = openFrame()
  hear({ id: 0 })
  const errors = []
  cueline('on', 'error', ({ call, message }) => errors.push([call, message]))
  const results = Promise.all([cueline.dp('dp:x'), cueline.consent('denied')])
  const [dp, consent] = parent.posted.filter(({ id }) => id)
  hear({ id: dp.id, result: true })
  hear({ id: consent.id, error: 'not_allowed' })
  hear({ id: consent.id, error: 'not_allowed' }) // answered twice
  assert.deepEqual(await results, [true, undefined])
  assert.deepEqual(errors, [['consent', 'not_allowed']])
})

test('an empty user throws at once, and what is no JSON is told and throws nothing', async () => {
  const { cueline, window } = openFrame()
  for (const id of ['', null, undefined]) assert.throws(() => cueline.online(id), window.TypeError ?? { name: 'TypeError' })
  assert.throws(() => cueline('identify', ''), { name: 'TypeError' })
  const errors = []
  cueline.on('error', ({ call }) => errors.push(call))
  const loop = {}
  loop.loop = loop
  await Promise.all([cueline.action('LOOP', loop), cueline('action', 'BIG', { n: 1n })])
  assert.deepEqual(errors, ['action', 'action'])
})

test('at most a thousand calls wait, the oldest go first, and the host is told how many went', async () => {
  const { cueline, parent, hear } = openFrame()
  const first = cueline.action('0')
  for (let i = 1; i < 1200; i++) cueline.action('' + i)
  assert.equal(await first, undefined)
  hear({ id: 0 })
  const names = said(parent).filter(([name]) => name == 'action').map(([, name]) => name)
  assert.deepEqual([names.length, names[0], names.at(-1)], [1000, '200', '1199'])
  assert.deepEqual(said(parent).at(-1), ['event', 'events_dropped', { count: 200 }])
})

test('large calls wait up to half a megabyte', () => {
  const { cueline, parent, hear } = openFrame()
  for (let i = 0; i < 20; i++) cueline.action('A', { text: 'x'.repeat(50_000) })
  hear({ id: 0 })
  assert.equal(said(parent).filter(([name]) => name == 'action').length, 10)
})

test('only the holder is believed, only with a listed origin, and the first that answers stays the host', () => {
  const { cueline, parent, top, hear } = openFrame({ isNested: true, dataset: { hosts: `${SHOP}, https://portal.example` } })
  const heard = []
  cueline.on('identify', ({ id }) => heard.push(id))
  const tell = (from) => hear({ on: 'identify', detail: { id: 1 } }, from)
  tell({ source: {} })
  tell({ source: null })
  for (const origin of [`${SHOP}.evil`, 'http://shop.example', `${SHOP}:8443`, 'null', '*', '']) tell({ origin })
  assert.deepEqual(heard, [])
  assert.deepEqual(new Set(parent.posted.map(({ origin }) => origin)), new Set([SHOP, 'https://portal.example']))
  hear({ id: 0 }, { source: top, origin: 'https://portal.example' })
  tell({ source: parent })
  assert.deepEqual(heard, [])
  tell({ source: top, origin: 'https://portal.example' })
  assert.deepEqual(heard, [1])
  cueline.action('A')
  assert.equal(parent.posted.filter(({ args }) => args[0] == 'action').length, 0)
  assert.deepEqual(said(top).at(-1), ['action', 'A'])
})

test('where the browser tells who holds the frame, nobody else is written to', () => {
  const { parent, top } = openFrame({ isNested: true, ancestors: ['https://ads.example', SHOP] })
  assert.deepEqual([parent.posted.length, top.posted.map(({ origin }) => origin)], [0, [SHOP]])
  const alone = openFrame({ ancestors: [`${SHOP}.evil`] })
  assert.equal(alone.parent.posted.length, 0)
})

test('nothing that is no exact origin opens anything', () => {
  const hosts = `* null ${SHOP}/ ${SHOP}/page https://*.example shop.example`
  assert.equal(openFrame({ dataset: { hosts } }).parent.posted.length, 0)
})

test('a link leaves the address at once, counts once however often the page is opened again, and goes to the host', () => {
  const storage = {}
  const first = openFrame({ href: LINK, storage })
  assert.deepEqual(first.replaced, [[7, 'https://game.example/?a=1']])
  first.fire('pagehide')
  const second = openFrame({ href: 'https://game.example/?a=1', storage })
  second.hear({ id: 0 })
  assert.deepEqual(said(second.parent).slice(1), [['dp', 'dp:action&action=A']])
  second.window.location.href = LINK
  second.fire('currententrychange', { navigationType: 'push' })
  assert.equal(said(second.parent).length, 3)
  second.window.location.href = LINK
  second.fire('currententrychange', { navigationType: 'replace' }) // a router that remembered it
  assert.deepEqual([said(second.parent).length, second.window.location.href], [3, 'https://game.example/?a=1'])
})

test('a frame that was not told to begin leaves its address and its holder alone', () => {
  const { parent, replaced, window } = openFrame({ href: LINK, dataset: {} })
  window.cueline('action', 'A')
  assert.deepEqual([parent.posted, replaced], [[], []])
  window.cueline('init', { hosts: [SHOP] })
  assert.deepEqual(replaced.length, 1)
})

test('what was not answered outlives the page under its ids, unless consent is open', () => {
  const storage = {}
  const left = [openFrame({ storage }), openFrame({ storage: storage })]
  for (const frame of left) frame.cueline.action('A')
  for (const frame of left) frame.fire('pagehide')
  const next = openFrame({ storage })
  next.hear({ id: 0 })
  assert.equal(said(next.parent).length, 3)
  for (const { id } of next.parent.posted) next.hear({ id })
  next.fire('pagehide')
  assert.deepEqual({ ...storage }, {})
  const shy = openFrame({ storage, dataset: { hosts: SHOP, consent: 'pending' } })
  shy.cueline.action('A')
  shy.fire('pagehide')
  assert.deepEqual({ ...storage }, {})
})

test('the host is told what the frame listens to, once, and when it listens no more', () => {
  const { cueline, parent, hear, fire } = openFrame()
  const [one, two] = [() => {}, () => {}]
  cueline.on('deep_link', one)
  hear({ id: 0 })
  cueline.on('deep_link', two)
  cueline.off('deep_link', one)
  cueline.off('deep_link', two)
  fire('pagehide')
  assert.deepEqual(said(parent).slice(1), [['on', 'deep_link'], ['off', 'deep_link'], ['off']])
})

test('a page that is still read listens first, and one that comes back from the cache knocks again', () => {
  const { cueline, parent, hear, fire } = openFrame({ state: 'loading' })
  cueline.on('identify', () => {})
  assert.equal(parent.posted.length, 0)
  fire('DOMContentLoaded')
  hear({ id: 0 })
  fire('pagehide', { persisted: true })
  fire('pageshow', { persisted: true })
  hear({ id: 0 })
  assert.deepEqual(said(parent).map(([name]) => name), ['init', 'on', 'off', 'init', 'on'])
})

test('an app around the page is spoken to only when the page says so, and answers by a function', async () => {
  const posted = []
  const bridge = { postMessage: (text) => posted.push(JSON.parse(text)) }
  const apps = [{ webkit: { messageHandlers: { cueline: bridge } } }, { cuelineHost: bridge }]
  for (const native of apps) {
    openFrame({ native })
    assert.equal(posted.length, 0)
    const { cueline } = openFrame({ native, dataset: { hosts: `native ${SHOP}` } })
    assert.deepEqual([...posted.at(-1).args.slice(0, 1)], ['init'])
    cueline.answer({ id: 0 })
    const result = cueline.dp('dp:x')
    cueline.answer(JSON.stringify({ id: posted.at(-1).id, result: true }))
    assert.equal(await result, true)
    posted.length = 0
  }
  const framed = openFrame({ dataset: { hosts: 'native' } })
  Object.assign(framed.window, apps[1])
  await settle()
  assert.equal(posted.length, 0)
})
