import { createHash } from 'node:crypto'
import type { Hasher } from '../checkpoint/seal.ts'

/** SHA-256 of the machine */
export const hasher = (): Hasher => createHash('sha256')
