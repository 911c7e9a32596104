// What the package weighs in a page: minified and gzipped, without rxjs, which the app has. Fails over a budget.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const KILOBYTE = 1000

/** Sizes in bytes; the least is what shows that something was measured */
const BUDGETS = [
  { what: 'one function of it', code: `export { softmax } from 'rxrnn/kernels'`, least: 100, most: 1 * KILOBYTE },
  { what: 'the learner and its kernels', code: `export { createModel, learn } from 'rxrnn'`, least: 10 * KILOBYTE, most: 35 * KILOBYTE },
  { what: 'all of rxrnn', code: `export * from 'rxrnn'`, least: 20 * KILOBYTE, most: 63 * KILOBYTE },
  { what: 'a learner per key', code: `export * from 'rxrnn/keyed'`, least: 20 * KILOBYTE, most: 58.5 * KILOBYTE },
  { what: 'the client', code: `export * from 'rxrnn/websocket'`, least: 1 * KILOBYTE, most: 6 * KILOBYTE },
]

async function sizeOf(code) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['rxjs'],
    write: false,
  })
  return gzipSync(outputFiles[0].contents).length
}

const inKilobytes = (bytes) => `${(bytes / KILOBYTE).toFixed(1)} kB`

for (const { what, code, least, most } of BUDGETS) {
  const size = await sizeOf(code)
  console.log(`${inKilobytes(size).padStart(8)} of ${inKilobytes(most).padEnd(8)} ${what}`)
  if (size < least || size > most) {
    console.error(`${code} is not between ${inKilobytes(least)} and ${inKilobytes(most)}`)
    process.exitCode = 1
  }
}
