// @ts-nocheck: a few lines that are written for size
// The tag that a page pastes: keeps calls until the core is there, and the address before a router changes it.
// If the visitor leaves before, the calls wait in localStorage for the next page, unless consent is open or refused. It is
// the same text for every shop, so that one hash allows it under a Content Security Policy; address and key stand in the
// tag's second element. NAMES: further names of the same function, for pages that were written for another snippet.
;((host, names) => {
  names.map(([name, kept, methods]) => {
    if (host[name]) return
    const cueline = (host[name] = (...args) =>
      cueline.run
        ? cueline.run(args)
        : new Promise((resolve) => cueline.q.push([Date.now(), Math.random(), args, resolve])))
    cueline.q = []
    cueline.href = location.href
    methods.split(' ').map((method) => (cueline[method] = (...args) => cueline(method, ...args)))
    try {
      cueline.q = [...JSON.parse(localStorage[kept])]
    } catch (_) {}
    addEventListener('pagehide', () => {
      try {
        const text = JSON.stringify(cueline.q.slice(-99))
        cueline.run ||
          /consent"[,:]"[pd]/.test(text) ||
          document.querySelector('[data-consent^=p],[data-consent^=d]') ||
          (localStorage[kept] = text)
      } catch (_) {}
    })
  })
})(window, NAMES)
