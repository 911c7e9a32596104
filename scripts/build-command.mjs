// Bundles the command, and the threads that it starts, into dist/command: Node reads a few files instead of several hundred, so it starts in half the time.
// What only some commands need stays outside, and is read by these.
import { existsSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = 'dist/command'
const LICENSES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license']

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['dist/src/cli/main.js', 'dist/src/server/worker.js', 'dist/src/pool/pool-thread.js'],
  outdir: folder,
  entryNames: '[name]',
  bundle: true,
  splitting: true,
  keepNames: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['@nats-io/*', 'pino', 'prom-client', 're2js', 'ws'],
  // what is bundled from CommonJS calls require
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  metafile: true,
  logLevel: 'warning',
})
await chmod(join(root, folder, 'main.js'), 0o755)
await writeFile(join(root, folder, 'LICENSES.txt'), await licensesOf(Object.keys(metafile.inputs)))

/** The licenses of the packages that are bundled, which ask to be handed on with their code */
async function licensesOf(inputs) {
  const paths = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [])
  const packages = Array.from(new Set(paths)).toSorted((a, b) => a.localeCompare(b, 'en'))
  const texts = packages.map(async (path) => {
    const { name, version } = JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8'))
    const file = LICENSES.map((file) => join(root, path, file)).find((file) => existsSync(file))
    if (file === undefined) throw new Error(`${path} has no license`)
    return `${name} ${version}\n\n${await readFile(file, 'utf8')}`
  })
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`)
}
