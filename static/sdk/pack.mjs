// Makes what `npm pack` takes: dist/index.js for bundlers, and beside it the files as the collector serves them.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const served = join(here, '../../backend/cueline/static')
const scripts = join(here, 'dist/scripts')
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))

rmSync(join(here, 'dist'), { recursive: true, force: true })
mkdirSync(scripts, { recursive: true })
for (const name of readdirSync(served).filter((name) => name.endsWith('.js'))) {
  copyFileSync(join(served, name), join(scripts, name))
}
copyFileSync(join(here, '../../LICENSE'), join(here, 'LICENSE'))

// Not minified: the bundler of the page does that, and until then it can be read.
await build({
  entryPoints: [join(here, 'src/esm.js')],
  outfile: join(here, 'dist/index.js'),
  bundle: true,
  format: 'esm',
  target: 'es2021',
  define: { VERSION: `"${version}"` },
  banner: { js: `/*! cueline ${version} | Apache-2.0 */` },
})
