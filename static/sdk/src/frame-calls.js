// The calls that the host has not answered yet, in order. They outlive a reload of the frame, under the same ids.
import { attempt, fromJson } from './text.js'

/** @typedef {{id: number, name: string, text: string, resolve?: (result: unknown) => void}} Call */

const KEPT = 'cueline.frame'
const MAX_CALLS = 1000
const MAX_LENGTH = 512 * 1024

/** @type {Map<number, Call>} */
export const calls = new Map()
let length = 0

/** @param {number} id */
export const takeCall = (id) => {
  const call = calls.get(id)
  if (!call) return
  calls.delete(id)
  length -= call.text.length
  return call
}

/** @param {Call} call @returns {number} how many had to go for it, the oldest first */
export const addCall = (call) => {
  calls.set(call.id, call)
  length += call.text.length
  let gone = 0
  for (const id of calls.keys()) {
    if (calls.size <= MAX_CALLS && length <= MAX_LENGTH) break
    takeCall(id)?.resolve?.(undefined)
    gone++
  }
  return gone
}

/** For the next page of this frame, beside those that other frames of this origin leave. */
export const keepCalls = () =>
  attempt(() => {
    for (const { text } of calls.values()) sessionStorage[KEPT] = (sessionStorage[KEPT] ?? '') + '\n' + text
  })

/** What pages before this one left. */
export const adoptCalls = () =>
  attempt(() => {
    for (const text of sessionStorage[KEPT]?.split('\n') ?? []) {
      const { id, args } = fromJson(text) ?? {}
      if (id) addCall({ id, name: args[0], text })
    }
    delete sessionStorage[KEPT]
  })
