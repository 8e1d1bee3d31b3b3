// What the modules agree on.

/** @typedef {Record<string, unknown>} Payload */
/** @typedef {[at: number, random: number, args: any[], resolve?: (value: unknown) => void]} Kept a call as the stub
 * keeps it: when it was made, what makes its eid, its name with what it was given, and who waits for the result */
/** @typedef {((...args: any[]) => unknown) & {run: (args: any[]) => unknown, replay: (kept: Kept) => unknown,
 * q?: Kept[], href?: string} & Record<string, any>} Global the page's `cueline` */

export {}
