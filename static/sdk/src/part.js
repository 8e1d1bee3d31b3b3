// A part may be there before the core: then it leaves its calls where the core, like those of the stub, finds them.

/** The page's function of this name, or a new one that keeps calls until somebody runs them.
 * @param {string} name @returns {any} */
export const queueOf = (name) => {
  const host = /** @type {any} */ (window)
  /** @type {any} */
  const queue = (host[name] ??= Object.assign(
    (/** @type {any[]} */ ...args) => (queue.run ? queue.run(args) : void queue.q.push([Date.now(), Math.random(), args])),
    { q: [] },
  ))
  return queue
}
