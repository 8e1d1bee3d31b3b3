// @ts-nocheck: a few lines that are written for size
// The tag that a page pastes: keeps calls until the core is there, and the address before a router changes it.
// If the visitor leaves before, the calls wait in localStorage for the next page. It is the same text for every shop, so
// that one hash allows it under a Content Security Policy; address and key stand in the tag's second element.
;((host, name, kept) => {
  if (host[name]) return
  const cueline = (host[name] = (...args) =>
    cueline.run
      ? cueline.run(args)
      : new Promise((resolve) => cueline.q.push([Date.now(), Math.random(), args, resolve])))
  cueline.q = []
  cueline.href = location.href
  'init online identify logout action event set tags dp on off page consent flush'
    .split(' ')
    .map((method) => (cueline[method] = (...args) => cueline(method, ...args)))
  try {
    cueline.q = JSON.parse(localStorage[kept])
  } catch (_) {}
  addEventListener('pagehide', () => {
    try {
      cueline.run || (localStorage[kept] = JSON.stringify(cueline.q.slice(-99)))
    } catch (_) {}
  })
})(window, 'cueline', 'cueline.calls')
