import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createStorage, loadCore, openPage } from './fake-host.js'

const SHOP = 'https://shop.example/'
const ours = (host) => Object.keys(host.localStorage).filter((key) => key.startsWith('cueline.'))

test('pending: nothing is stored or sent; granted later, all of it is, with the times of the calls', async () => {
  const { host, cueline } = openPage({ init: { consent: 'pending' } })
  cueline('online', 'ada')
  cueline('action', 'A')
  await host.pass(5000)
  host.fire('pagehide')
  assert.deepEqual([ours(host), host.sent, host.beacons], [[], [], []])
  cueline('consent', 'granted')
  assert.ok(ours(host).includes('cueline.id'))
  await host.pass(300)
  assert.deepEqual(host.names(), ['login', 'A'])
  assert.ok(host.sent[0].sent_at - host.sent[0].events[0].at >= 5000)
  assert.deepEqual(host.stored(), [])
})

test('pending does not forget who was here when consent had been given', async () => {
  const localStorage = createStorage()
  const before = openPage({ localStorage })
  before.cueline('online', 'ada')
  await before.host.pass(300)
  const { host, cueline } = openPage({ localStorage, init: { consent: 'pending' } })
  cueline('action', 'A')
  cueline('consent', 'granted')
  await host.pass(300)
  assert.equal(host.sent[0].user.id, 'ada')
  assert.equal(host.sent[0].visitor_id, before.host.sent[0].visitor_id)
})

test('denied: all of ours is erased, nothing is kept, and links still leave the address and run in the page', async () => {
  const localStorage = createStorage({ 'cueline.calls': '[]', theirs: '1' })
  const before = openPage({ localStorage })
  before.host.answer = () => ({ status: 0 })
  before.cueline('action', 'A')
  const { host, cueline } = openPage({ localStorage, href: `${SHOP}#_dp=dp%3Agame%26id%3D7`, init: { consent: 'denied' } })
  const handled = []
  cueline('on', 'deep_link', ({ verb }) => handled.push(verb))
  cueline('online', 'ada')
  cueline('action', 'B')
  await host.pass(5000)
  assert.deepEqual([ours(host), host.sent, handled], [[], [], ['game']])
  assert.equal(host.replaced[0][1], SHOP)
  assert.equal(localStorage.theirs, '1')
})

test('what the page said before the core was there counts, not what the tag said', async () => {
  const q = [[1_799_999_990_000, 0.5, ['action', 'EARLY']], [1_799_999_990_001, 0.6, ['consent', 'denied']]]
  const stub = Object.assign((...args) => stub.run(args), { q })
  const { host } = loadCore({}, stub, { dataset: { key: 'wk_1' } })
  await host.pass(300)
  assert.deepEqual([ours(host), host.sent], [[], []])
})
