import { sha256 as portable } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

interface Hash {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

/** Node's, found without an import, which a page could not resolve. Undefined in a browser. */
const native = globalThis.process?.getBuiltinModule?.('node:crypto')

/** A new SHA-256. The one of Node is about ten times faster than the one in JavaScript; both give the same. */
export function sha256(): Hash {
  return native?.createHash('sha256') ?? portable.create()
}

/** What a hash of some bytes comes to, as 64 lower-case hexadecimal digits */
export function hexDigest(hash: Hash): string {
  return bytesToHex(hash.digest())
}
