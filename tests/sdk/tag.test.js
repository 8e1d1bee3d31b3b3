import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createStorage, loadCore, openPage } from './fake-host.js'

const SHOP = 'https://shop.example/'

const goTo = (host, path) => {
  host.location.href = SHOP + path
  host.fire('popstate')
}

test('options stand on the tag: names of parameters, minutes and switches as texts', async () => {
  const dataset = { key: 'wk_1', deepLinkParams: 'x, y', holdMinutes: '1', spa: 'off', url: 'https://own.example/' }
  const { host, cueline } = loadCore({ href: `${SHOP}?y=dp%3Agame` }, undefined, { dataset })
  goTo(host, 'next')
  host.wall += 61e3
  cueline('online', 'ada')
  await host.pass(300)
  assert.deepEqual(host.names(), ['deep_link', 'login', 'deep_link_unhandled'])
  assert.equal(host.sent.at(-1).events.at(-1).payload.reason, 'expired')
  assert.equal(host.sent[0].url, 'https://own.example/v1/collect')
})

test('init tells the options in force, also to those who come late', () => {
  const { cueline } = loadCore({}, undefined, { dataset: { key: 'wk_1' } })
  let told
  cueline.on('init', (detail) => (told = detail))
  assert.equal(told.options.url, 'https://collect.example')
  assert.match(told.visitor_id, /./)
})

test('a name of the page’s own is left alone', () => {
  const mine = () => 'mine'
  const { host } = loadCore({}, mine, { dataset: { key: 'wk_1' } })
  assert.equal(host.cueline, mine)
  assert.equal(mine.run, undefined)
})

test('a router’s page is reported once for each address, and not for a link that only leaves it', async () => {
  const { host, cueline } = openPage()
  const shown = []
  cueline('on', 'page', ({ url }) => shown.push(url))
  goTo(host, 'two')
  host.fire('popstate')
  goTo(host, 'three')
  await host.pass(300)
  assert.deepEqual(host.names(), ['page', 'page'])
  assert.deepEqual(shown, [`${SHOP}two`, `${SHOP}three`])
})

test('a router that puts back the address it remembers does not bring its link again; a new page does', async () => {
  const { host } = openPage({ href: `${SHOP}#_dp=dp%3Agame` })
  goTo(host, '')
  host.location.href = `${SHOP}#_dp=dp%3Agame`
  host.fire('popstate', { navigationType: 'replace' })
  await host.pass(300)
  assert.equal(host.names().filter((name) => name == 'deep_link').length, 1)
  goTo(host, 'two#_dp=dp%3Agame')
  await host.pass(300)
  assert.equal(host.names().filter((name) => name == 'deep_link').length, 2)
})

const element = (tagName, attributes) => ({
  tagName,
  attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
})

test('data-cl attributes report a click, and a form when it is submitted', async () => {
  const { host, cueline } = openPage()
  const form = element('FORM', { 'data-cl-action': 'SENT' })
  const button = element('BUTTON', { 'data-cl-action': 'PAID', 'data-cl-amount': '12', 'data-cl-promo-code': '007' })
  const fire = (type, ...path) => host.fire(type, { composedPath: () => [...path, host.document, host] })
  fire('click', element('I', {}), button, form)
  fire('click', element('INPUT', {}), form)
  fire('submit', form)
  fire('click', element('A', { 'data-cl-dp': 'dp:game' }))
  fire('click', { tagName: 'FORM', attributes: { a: 'field of that name' } })
  await host.pass(300)
  const events = host.sent.flatMap((envelope) => envelope.events)
  assert.deepEqual(events.map(({ payload }) => payload), [
    { client_action: 'PAID', amount: 12, promo_code: '007' },
    { client_action: 'SENT' },
    { link: 'dp:game' },
  ])
  assert.ok(cueline)
})

test('subdomains share visitor, user and held links by a cookie', async () => {
  const document = cookieJar()
  const shop = openPage({ document, init: { cookieDomain: 'shop.example' }, href: `${SHOP}#_dp=dp%3Agame` })
  await shop.host.pass(300)
  assert.equal(shop.host.localStorage['cueline.id'], undefined)
  assert.match(document.written.at(-1), /;path=\/;samesite=lax;domain=shop\.example;max-age=31536000;secure$/)
  const href = 'https://accounts.shop.example/'
  const accounts = openPage({ document, init: { cookieDomain: 'shop.example' }, href, localStorage: createStorage() })
  const handled = []
  accounts.cueline('on', 'deep_link', ({ verb }) => handled.push(verb))
  accounts.cueline('online', 'ada')
  await accounts.host.pass(300)
  assert.deepEqual(handled, ['game'])
  assert.equal(accounts.host.sent[0].visitor_id, shop.host.sent[0].visitor_id)
})

test('where cookies are refused the domain falls back to the storage of its own', async () => {
  const document = { ...cookieJar(), cookie: '' }
  const { host, cueline } = openPage({ document, init: { cookieDomain: 'co.uk' } })
  Object.defineProperty(document, 'cookie', { get: () => '', set() {} })
  cueline('online', 'ada')
  assert.equal(JSON.parse(host.localStorage['cueline.id']).user.id, 'ada')
})

/** A document that keeps cookies as browsers do: name, value, and gone with max-age=0. */
function cookieJar() {
  const jar = new Map()
  const written = []
  return {
    written,
    get cookie() {
      return [...jar].map((pair) => pair.join('=')).join('; ')
    },
    set cookie(text) {
      written.push(text)
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(text)
      if (/max-age=0/.test(text)) jar.delete(name)
      else jar.set(name, value)
    },
  }
}

test('lists stay lists where an old library gave arrays a toJSON', async () => {
  const { host, cueline } = openPage()
  Array.prototype.toJSON = () => 'patched'
  try {
    cueline('tags', 'add', ['a', 'b'])
    await host.pass(300)
  } finally {
    delete Array.prototype.toJSON
  }
  assert.deepEqual(host.sent[0].events[0].payload, { op: 'add', values: ['a', 'b'] })
})
