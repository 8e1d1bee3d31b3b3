// The shop's own script. Lines that call cueline(…) are what a real shop would add; the rest is any shop.

const USER = 'shop.user'
const user = JSON.parse(localStorage.getItem(USER) ?? 'null')
const element = (id) => document.getElementById(id)

if (user) {
  // On each page, as a shop's own template would write it for whoever is logged in.
  const firstName = user.id.charAt(0).toUpperCase() + user.id.slice(1)
  cueline('online', user.id, { properties: { email: user.email, first_name: firstName } })
  element('who').textContent = user.id
  element('logout').hidden = false
  document.querySelector('nav a[href="login.html"]').hidden = true
}

element('logout').addEventListener('click', () => {
  localStorage.removeItem(USER)
  cueline('logout')
  location.assign('index.html')
})

element('cashier')?.addEventListener('submit', () => {
  // The form goes on to the next page right away: nothing to wait for, the snippet keeps the action until it arrived.
  cueline('action', 'CashierSubmitClicked', { amount: element('amount').valueAsNumber })
})

element('deposit')?.addEventListener('submit', () => {
  cueline('action', 'DEPOSIT_DONE', { amount: element('sum').valueAsNumber })
})

element('login-form')?.addEventListener('submit', () => {
  localStorage.setItem(USER, JSON.stringify({ id: element('user-id').value, email: element('email').value }))
})

const sent = new URLSearchParams(location.search)
if (sent.has('amount')) element('paid').hidden = false
if (sent.has('sum')) element('deposited').hidden = false
