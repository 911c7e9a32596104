import { Buffer } from 'node:buffer'

/*
 * How keys become subjects. A key of words of A-Z, a-z, 0-9, _ and -, separated by dots, stands there as it is; any other is one word: =, and the
 * base64url of its UTF-8. Each key has one subject and each subject at most one key.
 */

/** Texts come on `rxrnn.text.KEY`, events go to `rxrnn.events.KEY` */
export const TEXT_SUBJECTS = 'rxrnn.text.'
export const EVENT_SUBJECTS = 'rxrnn.events.'

/** Bytes of a key in UTF-8: the subject of a longer one would not fit into a line of the protocol */
export const LONGEST_KEY = 1024

const PLAIN = /^[\w-]+(\.[\w-]+)*$/
const ENCODED = /^=[\w-]+$/

/** A key that cannot be one */
export class KeyError extends RangeError {
  override readonly name = 'KeyError'
}

/** Where a key's texts come. Throws KeyError when the key is empty, longer than 1024 bytes in UTF-8, or has a surrogate without its partner. */
export function textSubject(key: string): string {
  return TEXT_SUBJECTS + wordsOf(key)
}

/** Where a key's events go. Throws KeyError. */
export function eventSubject(key: string): string {
  return EVENT_SUBJECTS + wordsOf(key)
}

function wordsOf(key: string): string {
  if (isPlain(key)) return key
  const bytes = Buffer.from(key)
  if (key === '') throw new KeyError('a key must not be empty')
  if (bytes.length > LONGEST_KEY) throw new KeyError(`a key of ${bytes.length} bytes is too long: it may have ${LONGEST_KEY}`)
  if (bytes.toString() !== key) throw new KeyError('a key must be Unicode text, without a surrogate that has no partner')
  return `=${bytes.toString('base64url')}`
}

/** The key whose text comes on a subject; undefined when there is none: somebody published it without encoding it */
export function keyOf(subject: string): string | undefined {
  if (!subject.startsWith(TEXT_SUBJECTS)) return undefined
  const words = subject.slice(TEXT_SUBJECTS.length)
  if (isPlain(words)) return words
  if (!ENCODED.test(words)) return undefined
  const key = Buffer.from(words.slice(1), 'base64url').toString()
  return isKeyOf(key, words) ? key : undefined
}

/** Whether that is the one way to write a key */
function isKeyOf(key: string, words: string): boolean {
  try {
    return wordsOf(key) === words
  } catch {
    return false
  }
}

function isPlain(key: string): boolean {
  return key.length <= LONGEST_KEY && PLAIN.test(key)
}

/** The partition of a key: FNV-1a of its UTF-8. It must never change, as checkpoints are kept by partition. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0) % partitions
}
