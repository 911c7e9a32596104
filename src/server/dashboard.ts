import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'

// found from the package, as the command is bundled into another folder than this module's
const FOLDER = join(createRequire(import.meta.url).resolve('rxrnn/package.json'), '../dist/dashboard')
const INDEX = '/index.html'

const TYPES: Readonly<Record<string, string>> = { '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }

const POLICY = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/

export interface DashboardFile {
  readonly bytes: Buffer
  readonly type: string
  /** Whether its name holds a hash of what is in it */
  readonly hashed: boolean
  /** What a browser lets it do: what the page itself says, and that no other page may frame it */
  readonly policy: string
}

/** The files of the page by their paths: these and no others are served, whatever a request asks for */
export type Dashboard = ReadonlyMap<string, DashboardFile>

/** Reads all of the page; empty where it was not built. Throws where it has no policy. */
export function readDashboard(folder: string = FOLDER): Dashboard {
  if (!existsSync(folder)) return new Map()
  const policy = policyOf(readFileSync(join(folder, INDEX), 'utf8'))
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => extname(path) in TYPES)
  const files = new Map(paths.map((path) => [`/${path.replaceAll('\\', '/')}`, read(folder, path, policy)]))
  return files.set('/', files.get(INDEX)!)
}

function read(folder: string, path: string, policy: string): DashboardFile {
  return { bytes: readFileSync(join(folder, path)), type: TYPES[extname(path)]!, hashed: path.startsWith('assets'), policy }
}

function policyOf(html: string): string {
  const policy = POLICY.exec(html)?.[1]
  if (policy === undefined) throw new Error('the page of the dashboard has no policy: build it again')
  return `${policy}; frame-ancestors 'none'`
}

export function sendFile(response: ServerResponse, { bytes, type, hashed, policy }: DashboardFile): void {
  const headers = {
    'content-type': type,
    'content-length': bytes.length,
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  response.writeHead(200, headers).end(bytes)
}
