import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createStorage, openPage } from './fake-host.js'

const down = () => ({ status: 0 })
const times = (count, fn) => Array.from({ length: count }, (_, i) => fn(i))

test('calls within 250 ms travel together, and the answer empties the store', async () => {
  const { host, cueline } = openPage()
  await host.pass(10)
  cueline('action', 'A')
  await host.pass(200)
  cueline('action', 'B', { amount: 12 })
  const before = host.sent.length
  await host.pass(100)
  assert.equal(host.sent.length, before + 1)
  assert.deepEqual(host.sent[0].events.map(({ payload }) => payload), [
    { client_action: 'A' },
    { amount: 12, client_action: 'B' },
  ])
  assert.deepEqual(host.stored(), [])
})

test('an envelope says whose it is, where and when, and asks for no preflight', async () => {
  const { host, cueline } = openPage()
  cueline('online', 42, { hash: 'h', language: 'it' })
  await host.pass(300)
  const [{ url, key, user, context, sent_at, visitor_id, events }] = host.sent
  assert.equal(url, 'https://collect.example/v1/collect')
  assert.deepEqual([key, user], ['wk_1', { id: '42', hash: 'h' }])
  assert.equal(context.url, 'https://shop.example/page')
  assert.deepEqual([context.language, context.sdk], ['it', 'test'])
  assert.match(visitor_id, /^[\da-f-]{36}$/)
  assert.equal(events[0].at, 1_800_000_000_000)
  assert.ok(sent_at >= events[0].at)
})

test('one request at a time: the next identity waits for the answer', async () => {
  const { host, cueline } = openPage()
  let release
  host.answer = () => new Promise((resolve) => (release = () => resolve({ status: 202 })))
  cueline('action', 'ANONYMOUS')
  await host.pass(300)
  cueline('online', 'ada')
  await host.pass(5000)
  assert.deepEqual(host.names(), ['ANONYMOUS'])
  release()
  await host.pass(10)
  assert.deepEqual(host.names(), ['ANONYMOUS', 'login'])
  assert.deepEqual(host.sent.map(({ user }) => user?.id), [undefined, 'ada'])
})

test('no answer is tried again, each time after twice as long, up to a minute, with the same eids', async () => {
  const { host, cueline } = openPage()
  host.answer = down
  cueline('action', 'A')
  await host.pass(130e3)
  cueline('action', 'B')
  const pauses = host.sent.slice(1).map(({ at }, i) => Math.round(at - host.sent[i].at))
  assert.deepEqual(pauses, [740, 1480, 2960, 5920, 11840, 23680, 47360])
  host.answer = () => ({ status: 202 })
  await host.pass(60e3)
  assert.equal(new Set(host.sent.map(({ events }) => events[0].eid)).size, 1)
  assert.deepEqual(host.names().slice(-2), ['A', 'B'])
  assert.deepEqual(host.stored(), [])
})

for (const chance of [0, 0.5, 0.999]) {
  test(`a server that is gone for 20 s has everything 12 s after it is back, for 6 requests (chance ${chance})`, async () => {
    for (let offset = 0; offset < 20e3; offset += 370) {
      const { host, cueline } = openPage({ chance })
      const back = host.elapsed + 20e3
      host.answer = () => (host.elapsed < back ? { status: 503 } : { status: 202 })
      await host.pass(offset)
      cueline('action', 'A')
      await host.pass(back + 12e3 - host.elapsed)
      assert.deepEqual(host.stored(), [], `begun ${offset} ms into it`)
      assert.ok(host.sent.length <= 6, `${host.sent.length} requests`)
    }
  })
}

test('an answer that is none of the collector confirms nothing', async () => {
  const { host, cueline } = openPage()
  host.answer = () => ({ status: 200, body: 'Welcome to the hotel' })
  cueline('action', 'A')
  await host.pass(300)
  assert.equal(host.stored().length, 1)
})

test('a 202 whose list of refusals somebody emptied is a 202', async () => {
  const { host, cueline } = openPage()
  host.answer = () => ({ status: 202, body: { accepted: 1, rejected: null } })
  cueline('action', 'A')
  await host.pass(300)
  assert.deepEqual(host.stored(), [])
})

test('Retry-After holds even when the network or the visitor is back', async () => {
  const { host, cueline } = openPage()
  host.answer = () => ({ status: 503, headers: { 'Retry-After': '10' } })
  cueline('action', 'A')
  await host.pass(300)
  host.fire('online')
  host.fire('pagehide')
  await host.pass(8e3)
  assert.equal(host.sent.length, 1)
  await host.pass(3e3)
  assert.equal(host.sent.length, 2)
})

test('the network is back: it is tried at once', async () => {
  const { host, cueline } = openPage()
  host.answer = down
  cueline('action', 'A')
  await host.pass(20e3)
  host.answer = () => ({ status: 202 })
  host.fire('online')
  await host.pass(1)
  assert.deepEqual(host.stored(), [])
})

test('one event that spoils its envelope is found and rejected, the others are delivered', async () => {
  const { host, cueline } = openPage()
  const rejected = []
  cueline('on', 'rejected', ({ eid, code }) => rejected.push([eid, code]))
  const isSpoilt = ({ events }) => events.some(({ payload }) => payload.client_action == 'A13')
  host.answer = (envelope) => (isSpoilt(envelope) ? { status: 400, body: { code: 'malformed' } } : { status: 202 })
  times(40, (i) => cueline('action', 'A' + i))
  await host.pass(1000)
  const good = host.sent.filter((envelope) => !isSpoilt(envelope)).flatMap(({ events }) => events)
  assert.equal(new Set(good.map(({ eid }) => eid)).size, 39)
  assert.equal(good.length, 39)
  assert.deepEqual(rejected.map(([, code]) => code), ['malformed'])
  assert.ok(host.sent.length < 20, 'batches grow again')
  assert.deepEqual(host.stored(), [])
})

test('a refused key rejects what was sent, and the page hears of it', async () => {
  const { host, cueline } = openPage()
  const codes = []
  cueline('on', 'rejected', ({ code }) => codes.push(code))
  host.answer = () => ({ status: 401, body: { code: 'unknown_key' } })
  times(3, () => cueline('action', 'A'))
  await host.pass(300)
  assert.deepEqual(codes, ['unknown_key', 'unknown_key', 'unknown_key'])
  assert.deepEqual(host.stored(), [])
})

test('10,000 calls in one task: the newest 1,000 are kept and the rest is counted', async () => {
  const { host, cueline } = openPage()
  times(10_000, (i) => cueline('action', 'A' + i))
  assert.equal(host.stored().length, 1000)
  await host.pass(2000)
  const dropped = host.sent.flatMap(({ events }) => events).filter(({ type }) => type == 'events_dropped')
  assert.deepEqual(dropped.map(({ payload }) => payload), [{ count: 9000 }])
  assert.ok(host.names().includes('A9999') && host.names().includes('A9000') && !host.names().includes('A8999'))
  assert.ok(host.sent.every(({ events }) => events.length <= 100))
})

test('an event that no request could carry is rejected and displaces nothing', async () => {
  const { host, cueline } = openPage()
  const codes = []
  cueline('on', 'rejected', ({ code }) => codes.push(code))
  cueline('action', 'SMALL')
  cueline('action', 'HUGE', { text: 'x'.repeat(600_000) })
  await host.pass(300)
  assert.deepEqual([codes, host.names()], [['too_large'], ['SMALL']])
})

test('what a dead page left goes first, in its order and with its eids', async () => {
  const first = openPage()
  first.host.answer = down
  times(3, (i) => first.cueline('action', 'OLD' + i))
  await first.host.pass(300)
  const href = 'https://shop.example/#_dp=dp%3Agame'
  const next = openPage({ localStorage: first.host.localStorage, now: first.host.wall + 5000, href })
  next.cueline('online', 'ada')
  await next.host.pass(300)
  assert.deepEqual(next.host.names().slice(0, 5), ['OLD0', 'OLD1', 'OLD2', 'deep_link', 'login'])
  const eids = ({ host }) => host.sent[0].events.map(({ eid }) => eid)
  assert.deepEqual(eids(next), eids(first))
  assert.equal(next.host.sent[0].user, undefined)
})

test('what another tab got answered in the meantime is not sent again', async () => {
  const localStorage = createStorage()
  const first = openPage({ localStorage })
  first.cueline('action', 'A')
  const second = openPage({ localStorage })
  await first.host.pass(300)
  await second.host.pass(300)
  assert.deepEqual([first.host.names(), second.host.names()], [['A'], []])
})

test('the page goes: all of it leaves at once with keepalive, by identity', async () => {
  const { host, cueline } = openPage()
  cueline('action', 'A')
  cueline('online', 'ada')
  host.fire('pagehide')
  assert.deepEqual(host.names(), ['A', 'login'])
  assert.ok(host.sent.every(({ keepalive }) => keepalive))
})

test('the page goes: what keepalive does not take goes as a beacon, and the store keeps it', async () => {
  const { host, cueline } = openPage()
  host.answer = () => new Promise(() => {})
  times(4, (i) => cueline('action', 'A' + i, { text: 'x'.repeat(24e3) }))
  host.fire('pagehide')
  const actions = (envelopes) => envelopes.flatMap(({ events }) => events.map(({ payload }) => payload.client_action))
  assert.deepEqual([actions(host.sent), actions(host.beacons)], [['A0', 'A1'], ['A2', 'A3']])
  assert.equal(host.stored().length, 4)
})

test('a clock that jumps costs no event: times stay within what the collector takes', async () => {
  for (const jump of [-1e10, 1e10]) {
    const { host, cueline } = openPage()
    host.answer = down
    cueline('action', 'A')
    await host.pass(300)
    host.wall += jump
    host.answer = () => ({ status: 202 })
    await host.pass(2000)
    const { sent_at, events } = host.sent.at(-1)
    assert.ok(sent_at - events[0].at >= 700, 'not in the future')
    assert.ok(sent_at - events[0].at <= 29 * 864e5, 'not too old')
  }
})

test('flush resolves when the answers are there', async () => {
  const { host, cueline } = openPage()
  let isDone = false
  cueline('action', 'A')
  cueline('flush').then(() => (isDone = true))
  assert.equal(isDone, false)
  await host.pass(1)
  assert.deepEqual([isDone, host.stored()], [true, []])
})

const sharedLocks = () => {
  let isHeld = false
  return {
    async request(_, __, turn) {
      if (isHeld) return turn(null)
      isHeld = true
      await turn({})
      isHeld = false
    },
  }
}

test('two tabs take turns: what one got answered the other leaves out, and nothing goes twice', async () => {
  const localStorage = createStorage()
  const locks = sharedLocks()
  const first = openPage({ localStorage, locks })
  first.host.answer = down
  first.cueline('action', 'A')
  await first.host.pass(300)
  const second = openPage({ localStorage, locks })
  second.cueline('action', 'B')
  await second.host.pass(300)
  first.host.answer = () => ({ status: 202 })
  await first.host.pass(5000)
  assert.deepEqual([first.host.names(), second.host.names()], [['A'], ['A', 'B']])
})

test('a tab that finds the lock taken asks again', async () => {
  let isTaken = true
  const locks = { request: async (_, __, turn) => turn(isTaken ? null : {}) }
  const { host, cueline } = openPage({ locks })
  cueline('action', 'A')
  await host.pass(20e3)
  assert.deepEqual(host.names(), [])
  isTaken = false
  await host.pass(1000)
  assert.deepEqual(host.names(), ['A'])
})

test('a page that clears its storage loses no event', async () => {
  const { host, cueline } = openPage()
  cueline('action', 'A')
  for (const key of Object.keys(host.localStorage)) host.localStorage.removeItem(key)
  cueline('action', 'B')
  await host.pass(300)
  assert.deepEqual(host.names(), ['A', 'B'])
})
