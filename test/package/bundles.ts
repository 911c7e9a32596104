import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as esbuild from 'esbuild'
import { build, createServer, preview } from 'vite'
import webpack from 'webpack'

const ENTRIES = { page: './page.mjs', worker: './worker.mjs' }
const QUIET = { configFile: false, logLevel: 'error' } as const
const ANY_PORT = { host: '127.0.0.1', port: 0 } as const

/** A page that is served until it is closed */
export interface Served {
  readonly url: string
  close(): Promise<void>
}

/** By tool: builds the page of a folder, and serves it */
export const BUNDLES = {
  async 'vite build'(folder: string): Promise<Served> {
    await build({ ...QUIET, root: folder, build: { outDir: 'vite' } })
    return serveFiles(folder, 'vite')
  },

  async 'vite dev'(folder: string): Promise<Served> {
    const server = await createServer({ ...QUIET, root: folder, server: { ...ANY_PORT, hmr: false } })
    await server.listen()
    return { url: server.resolvedUrls!.local[0]!, close: () => server.close() }
  },

  async webpack(folder: string): Promise<Served> {
    await bundleWithWebpack({
      mode: 'production',
      context: folder,
      entry: ENTRIES.page,
      experiments: { outputModule: true },
      output: { module: true, path: join(folder, 'webpack'), filename: 'page.mjs' },
    })
    return serveFiles(folder, 'webpack')
  },

  async esbuild(folder: string): Promise<Served> {
    await esbuild.build({
      absWorkingDir: folder,
      entryPoints: ENTRIES,
      outdir: 'esbuild',
      outExtension: { '.js': '.mjs' },
      bundle: true,
      minify: true,
      format: 'esm',
      logLevel: 'silent',
    })
    return serveFiles(folder, 'esbuild')
  },
}

async function bundleWithWebpack(configuration: webpack.Configuration): Promise<void> {
  const compiler = webpack(configuration)
  const stats = await promisify(compiler.run.bind(compiler))()
  if (stats === undefined || stats.hasErrors() || stats.hasWarnings()) throw new Error(`webpack says: ${stats?.toString('errors-warnings')}`)
}

/** What was built, beside the page that loads it */
async function serveFiles(folder: string, outDir: string): Promise<Served> {
  if (!existsSync(join(folder, outDir, 'index.html'))) await copyFile(join(folder, 'index.html'), join(folder, outDir, 'index.html'))
  const server = await preview({ ...QUIET, root: folder, build: { outDir }, preview: ANY_PORT })
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() }
}
