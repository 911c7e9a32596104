import { createRequire } from 'node:module'

const manifest: unknown = createRequire(import.meta.url)('rxrnn/package.json')

/** The package's version */
export const version: string =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string' ? manifest.version : 'unknown'
