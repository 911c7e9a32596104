import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { extname, join } from 'node:path'

// the build puts the page beside the compiled sources
const FOLDER = join(import.meta.dirname, '../../../dashboard')
const INDEX = '/index.html'

const TYPES: Readonly<Record<string, string>> = { '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }

/* As in the page itself, and that no other page may frame it: only its own files, its own server, and WebAssembly */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export interface DashboardFile {
  readonly bytes: Buffer
  readonly type: string
  /** Whether its name holds a hash of what is in it */
  readonly hashed: boolean
}

/** The files of the page by their paths: these and no others are served, whatever a request asks for */
export type Dashboard = ReadonlyMap<string, DashboardFile>

/** Reads all of the page; empty where it was not built */
export function readDashboard(folder: string = FOLDER): Dashboard {
  if (!existsSync(folder)) return new Map()
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => extname(path) in TYPES)
  const files = new Map(paths.map((path) => [`/${path.replaceAll('\\', '/')}`, read(folder, path)]))
  const index = files.get(INDEX)
  return index === undefined ? files : files.set('/', index)
}

function read(folder: string, path: string): DashboardFile {
  return { bytes: readFileSync(join(folder, path)), type: TYPES[extname(path)]!, hashed: path.startsWith('assets') }
}

export function sendFile(response: ServerResponse, { bytes, type, hashed }: DashboardFile): void {
  const headers = {
    'content-type': type,
    'content-length': bytes.length,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  response.writeHead(200, headers).end(bytes)
}
