// What the modules agree on. Everything outside (storage, network, clocks, chance, address) comes in as one
// window-like object, so that tests run all of it without a browser.

/** @typedef {Window & typeof globalThis} Host */
/** @typedef {Record<string, unknown>} Payload */
/** @typedef {(type: string, payload: Payload) => void} Report */
/** @typedef {[at: number, random: number, args: any[], resolve?: (value: unknown) => void]} Kept a call as the stub
 * keeps it: when it was made, what makes its eid, its name with what it was given, and who waits for the result */

export {}
