// `on` and `off`. A handler that throws hurts nobody; `init` and `identify` reach late listeners too.

/** @typedef {(detail: any) => void} Handler */
/** @typedef {ReturnType<typeof createEmitter>} Emitter */

/** @param {(message: string) => void} warn */
export function createEmitter(warn) {
  /** @type {Record<string, Handler[] | undefined>} */
  const handlers = {}
  /** @type {Record<string, unknown>} */
  const last = {}

  /** @param {Handler} handler @param {unknown} detail */
  const call = (handler, detail) => {
    try {
      handler(detail)
    } catch (error) {
      warn('handler: ' + error)
    }
  }

  return {
    /** @param {string} name @param {Handler} handler */
    on(name, handler) {
      if (typeof handler != 'function') return
      handlers[name] = [...(handlers[name] ?? []), handler]
      if (last[name]) call(handler, last[name])
    },

    /** Without a handler: all of them. @param {string} name @param {Handler} [handler] */
    off(name, handler) {
      handlers[name] = handlers[name]?.filter((one) => handler && one != handler)
    },

    /** @param {string} name @param {unknown} detail @returns {number | undefined} how many heard it */
    emit(name, detail) {
      if (/^i/.test(name)) last[name] = detail // init, identify
      if (name == 'logout') delete last.identify
      handlers[name]?.forEach((handler) => call(handler, detail))
      return handlers[name]?.length
    },
  }
}
