// Makes of the peers' packages what a page can load: node bundles.mjs UMAMI.tgz
// Plausible's package is a module, so it is bundled for a script tag. umami's is the whole product: npm would install
// all that its server needs, so it is fetched as an archive, and its tracker minified as umami's own build does it.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build, transform } from 'esbuild'

const [archive] = process.argv.slice(2)
const target = join(import.meta.dirname, 'build')
const require = createRequire(import.meta.url)
const { integrity } = require('./package.json').umami
mkdirSync(target, { recursive: true })

const contents = "import { init } from '@plausible-analytics/tracker'; window.startPlausible = init"
const stdin = { contents, resolveDir: import.meta.dirname }
await build({ stdin, bundle: true, minify: true, format: 'iife', outfile: join(target, 'plausible.js') })

const digest = 'sha512-' + createHash('sha512').update(readFileSync(archive)).digest('base64')
if (digest != integrity) throw Error(`umami's archive is not the one that package.json names: ${digest}`)
const tracker = execFileSync('tar', ['-xzOf', archive, 'package/src/tracker/index.js'], { encoding: 'utf8' })
writeFileSync(join(target, 'umami.js'), (await transform(tracker, { minify: true })).code)

const snippet = require('@segment/snippet').min({ apiKey: 'bench', host: 'ORIGIN', ajsPath: '/standalone.js', page: true })
writeFileSync(join(target, 'segment-snippet.js'), snippet)
