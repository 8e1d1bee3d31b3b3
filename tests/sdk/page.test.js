import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createStorage, openPage } from './fake-host.js'

const SHOP = 'https://shop.example/'
const LINK = '_dp=dp%3Aaction%26action%3DA'
const events = ({ host }) => host.sent.flatMap(({ events, user, visitor_id }) =>
  events.map(({ type, payload }) => ({ type, payload, user: user?.id, visitor: visitor_id })),
)

/** A page that logs in, and all that it reported in the given time. */
async function visit({ localStorage, login, now, ...more }) {
  const page = openPage({ localStorage, now, ...more })
  if (login) page.cueline('online', ...login)
  await page.host.pass(300)
  return page
}

test('a login is reported once per session window and user, and what changed between', async () => {
  const localStorage = createStorage()
  const now = 1_800_000_000_000
  const types = async (minutes, ...login) =>
    events(await visit({ localStorage, login, now: now + minutes * 60e3 })).map(({ type }) => type)
  assert.deepEqual(await types(0, 'ada', { properties: { email: 'a@x.example' } }), ['login'])
  assert.deepEqual(await types(20, 'ada', { properties: { email: 'a@x.example' } }), [])
  assert.deepEqual(await types(21, 'ada', { properties: { email: 'b@x.example' } }), ['update_profile'])
  assert.deepEqual(await types(22, 'bob'), ['login'])
  assert.deepEqual(await types(60, 'bob'), ['login'])
  assert.deepEqual(await types(-600, 'bob'), ['login'])
})

test('a login that the collector did not believe is reported again', async () => {
  const { host, cueline } = openPage()
  const rejected = (eid) => ({ accepted: 0, rejected: [{ eid, code: 'user_not_verified', message: '' }] })
  host.answer = ({ events }) => ({ status: 202, body: rejected(events[0].eid) })
  cueline('online', 'ada', { hash: 'bad' })
  await host.pass(300)
  cueline('online', 'ada', { hash: 'good' })
  await host.pass(300)
  assert.deepEqual(host.names(), ['login', 'login'])
})

test('an empty id throws, here and under the other name, and a number is taken as text', async () => {
  const { host, cueline } = openPage()
  for (const id of ['', null, undefined]) {
    assert.throws(() => cueline('online', id), TypeError)
    assert.throws(() => cueline('identify', id), TypeError)
  }
  cueline('identify', 0)
  await host.pass(300)
  assert.deepEqual(events({ host }).map(({ user }) => user), ['0'])
})

test('logging out reports under the old user, then begins a new visitor without his links', async () => {
  const { host, cueline } = openPage()
  host.document.readyState = 'loading' // the link waits for the page's scripts
  cueline('online', 'ada')
  cueline('dp', 'dp:inbox')
  cueline('logout')
  cueline('logout')
  cueline('action', 'NEXT')
  cueline('online', 'ada')
  await host.pass(500)
  const shown = events({ host })
  assert.deepEqual(shown.map(({ type, user }) => [type, user]), [
    ['login', 'ada'],
    ['deep_link', 'ada'],
    ['logout', 'ada'],
    ['client_action', undefined],
    ['login', 'ada'],
  ])
  assert.notEqual(shown[2].visitor, shown[3].visitor)
  assert.equal(JSON.parse(host.localStorage['cueline.id']).links, undefined)
})

test('each call is the event that the collector knows', async () => {
  const { host, cueline } = openPage()
  cueline('action', 'A', { client_action: 'forged', n: 1 })
  cueline('event', 'seen')
  cueline('event', 'measured', 7)
  cueline('set', { first_name: 'Ada' })
  cueline('tags', 'add', ['a', 'b'])
  cueline('tags', 'clear')
  cueline('page', { section: 'x' })
  await host.pass(300)
  assert.deepEqual(events({ host }).map(({ type, payload }) => [type, payload]), [
    ['client_action', { client_action: 'A', n: 1 }],
    ['seen', {}],
    ['measured', { value: 7 }],
    ['update_profile', { properties: { first_name: 'Ada' } }],
    ['tags', { op: 'add', values: ['a', 'b'] }],
    ['tags', { op: 'clear', values: [] }],
    ['page', { section: 'x' }],
  ])
})

test('texts that the collector would refuse are mended, and those that only look like it stay', async () => {
  const { host, cueline } = openPage()
  cueline('action', 'A', { cut: '\ud83d', nul: 'a\0b', emoji: '😀', text: '\\ud83d \\u0000', ['k\udc00']: 1 })
  await host.pass(300)
  const { client_action, ...payload } = events({ host })[0].payload
  assert.deepEqual(payload, { cut: '�', nul: 'a�b', emoji: '😀', text: '\\ud83d \\u0000', 'k�': 1 })
})

test('what cannot be reported is told by an error event and throws nothing', async () => {
  const { host, cueline } = openPage()
  const errors = []
  cueline('on', 'error', ({ call }) => errors.push(call))
  const loop = {}
  loop.loop = loop
  cueline('action', 'LOOP', loop)
  cueline('action', 'BIG', { n: 1n })
  cueline('misspelt')
  cueline(Symbol('odd'))
  cueline('action', 'FINE')
  await host.pass(300)
  assert.deepEqual([errors, host.names()], [['action', 'action', 'misspelt', 'Symbol(odd)'], ['FINE']])
  assert.deepEqual(host.warnings, [])
})

test('a handler that throws hurts nobody, and init and identify reach late listeners', () => {
  const { cueline } = openPage()
  const heard = []
  cueline('on', 'identify', () => {
    throw new Error('mine')
  })
  cueline('online', 'ada')
  cueline('on', 'identify', ({ id }) => heard.push(id))
  cueline('on', 'init', () => heard.push('init'))
  cueline('off', 'identify')
  cueline('online', 'bob')
  cueline('logout')
  cueline('on', 'identify', ({ id }) => heard.push(id))
  assert.deepEqual(heard, ['ada', 'init'])
})

test('the second init changes nothing, and warns when its key is another', async () => {
  const { host, cueline } = openPage()
  cueline('init', { key: 'wk_1' })
  assert.equal(host.warnings.length, 0)
  cueline('init', { key: 'wk_2' })
  assert.equal(host.warnings.length, 1)
  cueline('action', 'A')
  await host.pass(300)
  assert.equal(host.sent[0].key, 'wk_1')
})

test('a call that the stub kept has its own time, and the same eid whoever reports it', async () => {
  const kept = [1_799_999_990_000, 0.123456789, ['action', 'EARLY'], null]
  const eids = []
  for (const page of [openPage(), openPage()]) {
    page.replay(kept)
    await page.host.pass(300)
    const [{ events, sent_at }] = page.host.sent
    eids.push(events[0].eid)
    assert.equal(sent_at - events[0].at, page.host.wall - 1_799_999_990_000 - 50)
  }
  assert.equal(eids[0], eids[1])
})

test('a kept call that makes two events gives them two eids', async () => {
  const { host, cueline, replay } = openPage()
  cueline('online', 'ada')
  replay([1_799_999_990_000, 0.5, ['dp', 'dp:game'], null])
  await host.pass(300)
  const eids = host.sent.flatMap(({ events }) => events.map(({ eid }) => eid))
  assert.deepEqual(host.names(), ['login', 'deep_link', 'deep_link_unhandled'])
  assert.equal(new Set(eids).size, 3)
})

test('a link is taken off the address before anything else, and reported raw and anonymous', async () => {
  const { host } = openPage({ href: `${SHOP}deposit?a=1#${LINK}` })
  assert.deepEqual(host.replaced, [[{ of: 'the page' }, `${SHOP}deposit?a=1`]])
  await host.pass(300)
  assert.deepEqual(events({ host }).map(({ payload, user }) => [payload, user]), [
    [{ link: 'dp:action&action=A' }, undefined],
  ])
})

test('the address that the stub saw counts when a router was faster, and the same link counts once', async () => {
  for (const href of [`${SHOP}routed`, `${SHOP}#${LINK}`]) {
    const { host } = openPage({ href, snapshot: `${SHOP}#${LINK}` })
    await host.pass(300)
    assert.deepEqual(host.names(), ['deep_link'])
  }
})

test('a link that cannot be taken off the address counts once in a page', async () => {
  const replace = () => {
    throw new DOMException('not here', 'SecurityError')
  }
  const { host } = openPage({ href: `${SHOP}#${LINK}`, replace })
  host.fire('popstate')
  await host.pass(300)
  assert.equal(host.names().length, 1)
})

test('other names for the parameter replace ours', async () => {
  const page = openPage({ href: `${SHOP}?x=dp%3Ainbox&${LINK}`, init: { deepLinkParams: ['x'] } })
  await page.host.pass(300)
  assert.deepEqual(events(page)[0].payload, { link: 'dp:inbox' })
  assert.equal(page.host.replaced[0][1], `${SHOP}?${LINK}`)
})

test('a link for the page waits for the user, then reaches its handler once', async () => {
  const localStorage = createStorage()
  await visit({ localStorage, href: `${SHOP}#_dp=dp%3Agame%26id%3D7` })
  const page = openPage({ localStorage, now: 1_800_000_060_000 })
  const handled = []
  page.cueline('on', 'deep_link', (link) => handled.push(link))
  assert.deepEqual(handled, [])
  page.cueline('online', 'ada')
  page.cueline('online', 'ada')
  assert.deepEqual(handled, [{ link: 'dp:game&id=7', verb: 'game', params: { id: '7' } }])
})

test('a link for the page that nobody handles, or that is too old, is reported', async () => {
  const localStorage = createStorage()
  const { cueline, host } = openPage({ localStorage })
  cueline('dp', 'dp:game&id=7')
  host.wall += 31 * 60e3
  cueline('online', 'ada')
  cueline('dp', 'dp:inbox')
  await host.pass(300)
  const reasons = events({ host }).flatMap(({ payload }) => payload.reason ?? [])
  assert.deepEqual(reasons, ['expired', 'no_handler'])
})

test('dp says whether a text is a link; a broken one is still reported', async () => {
  const { host, cueline } = openPage()
  const texts = ['dp:action&action=A', 'dp:game', '/offers', 'hello', '', 'dp:9', undefined]
  assert.deepEqual(texts.map((text) => cueline('dp', text)), [true, true, true, false, false, false, false])
  await host.pass(300)
  assert.deepEqual(events({ host }).map(({ payload }) => payload.link), texts.slice(0, 3).concat('dp:9'))
})

test('go leads only where it may', () => {
  const follow = (link) => {
    const { host, cueline } = openPage({ init: { goOrigins: ['https://friend.example'] } })
    cueline('online', 'ada')
    cueline('dp', link)
    return host.visited[0]
  }
  assert.equal(follow('/offers?x=1'), `${SHOP}offers?x=1`)
  assert.equal(follow('dp:go&url=offers'), `${SHOP}offers`)
  assert.equal(follow('https://friend.example/a'), 'https://friend.example/a')
  assert.equal(follow(`/a?b=1&${LINK}`), `${SHOP}a?b=1`)
  for (const bad of [
    'https://evil.example/',
    'http://shop.example/',
    '//evil.example/',
    '/\\evil.example/',
    'https://shop.example@evil.example/',
    'https://me:secret@shop.example/',
    'dp:go&url=javascript:alert(1)',
    'dp:go&url=data:text/html,x',
    'dp:go&url=%20//evil.example',
    'dp:go&url=https:%5C%5Cevil.example',
    'dp:go',
  ]) {
    assert.equal(follow(bad), undefined, bad)
  }
})

test('go runs no script where the page has no origin', () => {
  const { host, cueline } = openPage({ href: 'data:text/html,x' })
  cueline('online', 'ada')
  cueline('dp', 'dp:go&url=javascript:alert(1)')
  assert.deepEqual(host.visited, [])
})

test('storage that works again after it was full is believed', () => {
  const localStorage = createStorage()
  const store = openPage({ localStorage })
  Object.defineProperty(localStorage, 'setItem', {
    configurable: true,
    value() {
      throw new DOMException('full', 'QuotaExceededError')
    },
  })
  store.save('k', 'in memory')
  assert.equal(store.text('k'), '"in memory"')
  delete localStorage.setItem
  store.save('k', 'stored')
  localStorage.k = 'changed by another tab'
  assert.equal(store.text('k'), 'changed by another tab')
})

test('storage that throws leaves a page that reports from memory', async () => {
  const page = openPage({
    localStorage: new Proxy({}, { get() { throw new DOMException('no', 'SecurityError') } }),
  })
  page.cueline('online', 'ada')
  page.cueline('action', 'A')
  await page.host.pass(300)
  assert.deepEqual(events(page).map(({ type, user }) => [type, user]), [['login', 'ada'], ['client_action', 'ada']])
  assert.equal(new Set(events(page).map(({ visitor }) => visitor)).size, 1)
})

test('storage that is full loses nothing', async () => {
  const full = createStorage()
  Object.defineProperty(full, 'setItem', { value() { throw new DOMException('full', 'QuotaExceededError') } })
  const page = openPage({ localStorage: full })
  page.cueline('online', 'ada')
  page.cueline('action', 'A')
  await page.host.pass(300)
  assert.deepEqual(page.host.names(), ['login', 'A'])
})

test('rubbish in our storage keys is passed over', async () => {
  const localStorage = createStorage({
    'cueline.id': '{"visitor"',
    'cueline.other': '7',
    'cueline.q.zz.1': 'not ours',
    'cueline.q.zz.2': '1\n{}\n{"no":"eid"}',
  })
  const page = await visit({ localStorage, login: ['ada'] })
  assert.deepEqual(page.host.names().slice(0, 1), ['login'])
  page.cueline('dp', 'dp:game')
  page.cueline('online', 'bob')
  await page.host.pass(300)
  assert.deepEqual(page.host.names().slice(-3), ['deep_link', 'deep_link_unhandled', 'login'].sort())
})
