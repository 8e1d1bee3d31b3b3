import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { capture, parse } from '../../static/sdk/src/deep-link.js'

const vectors = JSON.parse(readFileSync(new URL('../vectors/deep-links.json', import.meta.url), 'utf8'))
const SHOP = 'https://shop.example/'

for (const { name, link, expect } of vectors.links) {
  test(`a link reads as the shared cases say: ${name}`, () => assert.deepEqual(parse(link), expect))
}

for (const { name, href, expect } of vectors.urls) {
  test(`an address reads as the shared cases say: ${name}`, () => assert.deepEqual(capture(href), expect))
}

test('what is no text is no link, and throws nothing', () => {
  for (const value of [undefined, null, 7, {}, [], Symbol('x')]) {
    assert.equal(parse(value).error, value instanceof Array ? 'empty' : 'not_a_deep_link')
    assert.equal(capture(value).link, null)
  }
})

test('no key reaches the prototype of an object', () => {
  for (const key of ['__proto__', '__PROTO__', '%5F_proto__', 'constructor', 'Prototype']) {
    assert.deepEqual(parse(`dp:inbox&${key}=x`), { error: 'bad_key' })
  }
  assert.equal({}.x, undefined)
  assert.equal(parse('dp:inbox&hasOwnProperty=x').params.hasOwnProperty, 'x')
})

test('a verb named like something built in is a verb like others', () => {
  assert.deepEqual(parse('dp:constructor&ID=5'), { verb: 'constructor', params: { id: '5' } })
})

test('limits count characters, and half a character counts as one', () => {
  assert.equal(parse('dp:inbox&a=' + '😀'.repeat(512)).params.a.length, 1024)
  assert.equal(parse('dp:inbox&a=' + '😀'.repeat(513)).error, 'value_too_long')
  assert.equal(parse('dp:inbox&a=' + '\udc00'.repeat(513)).error, 'value_too_long')
  assert.equal(parse('dp:action&action=' + '😀'.repeat(101)).error, 'bad_action')
  assert.equal(parse('dp:inbox&a=\ud800%41').params.a, '\ud800A')
})

test('any case means ASCII letters', () => {
  assert.equal(parse('dp:\u212aey').error, 'bad_verb')
  assert.equal(parse('http\u017f://x/').error, 'not_a_deep_link')
})

test('parameter names can be set, and are taken to the letter', () => {
  assert.equal(capture(`${SHOP}?go.to=dp:inbox`, ['go.to']).link, 'dp:inbox')
  assert.equal(capture(`${SHOP}?goxto=dp:inbox`, ['go.to']).link, null)
  assert.equal(capture(`${SHOP}?_dp=dp:inbox`, ['go.to']).link, null)
})

for (const piece of ['&_dp=dp:a', '?_dp=dp:a', 'a&_dp=dp:action&action', '&', ' ', '%', '=', '&_dp=dp%3Aa']) {
  test(`a long address of ${JSON.stringify(piece)} takes time in proportion to its length`, () => {
    const long = piece.repeat(65536 / piece.length)
    const started = performance.now()
    capture(`${SHOP}?${long}#${long}`)
    parse(`dp:inbox&${long}x`)
    parse(`${long}x`)
    assert.ok(performance.now() - started < 1000)
  })
}
