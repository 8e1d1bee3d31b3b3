// Builds the snippet into the Python package; `--check` only says whether what lies there is fresh.
import { readFileSync, readdirSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { minify } from 'terser'

const here = dirname(fileURLToPath(import.meta.url))
const shop = join(here, '../../examples/shop')
const target = join(here, '../../backend/cueline/static')
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))

// Properties that only our own modules see; a name that the browser, the wire or a page knows must not be here.
const INTERNAL = 'heft isBusy place since told'.split(' ')

// The queue functions that a stub makes: name, key of the calls of a page that was left, methods.
const STUBS = [
  ['cueline', 'cueline.calls', 'init online identify logout action event set tags dp on off page consent flush'],
  ['_smartico', 'cueline.compat', 'init online identify login logout action event dp on off updatePublicTags'],
]

// Files of their own beside the core: they meet it only by its public names, so none of theirs is shortened.
const PARTS = ['frame.js', 'frames.js', 'compat.js']

/** One word for each declaration, and of the codes of a broken deep link only whether it is a link at all: the others are
 * for the cases that both parsers share, no page reads them. */
function slim(text) {
  const isNone = (code) => ['empty', 'not_a_deep_link'].includes(code)
  return text
    .replace(/\bconst /g, 'let ')
    .replace(/(refuse\(.*), ["'](\w+)["']\);/g, (_, start, code) => start + (isNone(code) ? ', "e");' : ');'))
}

/** esbuild bundles; terser minifies, because its output gzips 300 bytes smaller, and 5,000 are allowed. */
async function bundle(entry, preamble, internal = INTERNAL, names = STUBS.slice(0, 1)) {
  const entryPoints = [join(here, 'src', entry)]
  const options = { bundle: true, write: false, format: 'esm', target: 'es2022', legalComments: 'none' }
  const { outputFiles } = await build({ ...options, entryPoints, define: { VERSION: `"${version}"`, NAMES: JSON.stringify(names) } })
  const { code } = await minify(`(()=>{${slim(outputFiles[0].text)}})()`, {
    ecma: 2022,
    compress: { passes: 4, pure_getters: true, unsafe_arrows: true, hoist_funs: true, lhs_constants: false },
    mangle: { properties: { regex: new RegExp(`^(${internal.join('|')})$`) } },
    format: { preamble, ascii_only: true },
  })
  return Buffer.from(code + '\n')
}

/** Every file of the package that this project makes: its path there and its bytes. */
async function built() {
  const files = new Map([
    ['cueline.js', await bundle('cueline.js')],
    ['stub.js', await bundle('stub.js')],
    ['stub-compat.js', await bundle('stub.js', undefined, INTERNAL, STUBS)],
  ])
  for (const part of PARTS) files.set(part, await bundle(part, `/*! cueline ${version} */`, []))
  for (const name of readdirSync(shop)) files.set(`demo/${name}`, readFileSync(join(shop, name)))
  return files
}

function isFresh([name, contents]) {
  try {
    return readFileSync(join(target, name)).equals(contents)
  } catch {
    return false
  }
}

/** What lies in the demo's folder and is no longer in the shop. */
function leftovers(files) {
  try {
    return readdirSync(join(target, 'demo')).filter((name) => !files.has(`demo/${name}`))
  } catch {
    return []
  }
}

function check(files) {
  const stale = [...files].filter((file) => !isFresh(file)).map(([name]) => name)
  const wrong = [...stale, ...leftovers(files).map((name) => `demo/${name}`)]
  if (!wrong.length) return
  console.error(`backend/cueline/static is stale (${wrong.join(', ')}): run "npm run build" in static/sdk`)
  process.exitCode = 1
}

function write(files) {
  mkdirSync(join(target, 'demo'), { recursive: true })
  for (const name of leftovers(files)) rmSync(join(target, 'demo', name))
  for (const [name, contents] of files) writeFileSync(join(target, name), contents)
}

const files = await built()
if (process.argv.includes('--check')) check(files)
else write(files)
