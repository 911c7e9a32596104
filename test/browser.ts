import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHROMIUM_ARGS } from './peers.ts'

const ROOT = join(import.meta.dirname, '..')
const IMPORTS = {
  rxrnn: '/dist/src/index.js',
  rxjs: '/node_modules/rxjs/dist/esm/index.js',
  tslib: '/node_modules/tslib/tslib.es6.mjs',
  'yocto-queue': '/node_modules/yocto-queue/index.js',
  '@noble/hashes/': '/node_modules/@noble/hashes/',
}

/** What an expression is worth in Chromium, after a line of imports of the built package; an object that fits in JSON */
export async function inBrowser(imports: string, expression: string): Promise<unknown> {
  const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script><pre id="result">no result</pre>
    <script>addEventListener('error', ({ message }) => (document.querySelector('#result').textContent = message))</script>
    <script type="module">${imports}\ndocument.querySelector('#result').textContent = JSON.stringify(${expression})</script>`
  const server = serve(page)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const profile = await mkdtemp(join(tmpdir(), 'rxrnn-chromium-'))
  try {
    const html = await dump(`http://127.0.0.1:${portOf(server)}/`, profile)
    const result = /<pre id="result">(.*?)<\/pre>/su.exec(html)?.[1]
    if (result?.startsWith('{') !== true) throw new Error(`Chromium says: ${result ?? html}`)
    return JSON.parse(result) as unknown
  } finally {
    server.close()
    await rm(profile, { recursive: true, force: true })
  }
}

/** The page, and the project's files; rxjs leaves the ending of its files' names away */
function serve(page: string): Server {
  return createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    if (path === '/') {
      response.setHeader('content-type', 'text/html').end(page)
      return
    }
    readFile(join(ROOT, /\.m?js$/u.test(path) ? path : `${path}.js`)).then(
      (file) => response.setHeader('content-type', 'text/javascript').end(file),
      () => response.writeHead(404).end(),
    )
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server of the page does not listen')
  return address.port
}

/** The page as it is once everything in it was loaded and ran */
async function dump(url: string, profile: string): Promise<string> {
  const child = spawn('chromium', [...CHROMIUM_ARGS, `--user-data-dir=${profile}`, '--dump-dom', url], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let html = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (html += chunk))
  await new Promise((resolve) => child.once('close', resolve))
  return html
}
