import { CheckpointError } from './error.ts'
import { METADATA } from './header.ts'
import { hexDigest, sha256 } from '../sha256.ts'
import { type Allocate, type Contents, PREFIX, readSafetensors, writeSafetensors } from './safetensors.ts'

/** Bytes that are not shared between threads: what `fetch` and `Blob` take */
export type Bytes = Uint8Array<ArrayBuffer>

export interface SealOptions {
  /** Called whenever 5 ms went into copying and hashing; what it returns is waited for, so that other work gets its turn. A timer unless given. */
  readonly pause?: () => Promise<void>
  /** Where `seal` writes to. Fresh memory unless given; memory written to before takes a quarter of the time (40 MB: 7 ms, not 30). */
  readonly allocate?: Allocate
}

/** Name and version of the format: other than this one is refused */
export const FORMAT = 'rxrnn/1'

/**
 * Memory of that length: that of a checkpoint which is not needed any more where it is large enough, else new memory with some room, for the next one may
 * be a little longer. For `allocate`.
 */
export function reuse(spare: Uint8Array<ArrayBuffer> | undefined, length: number): Uint8Array<ArrayBuffer> {
  const buffer = spare !== undefined && spare.buffer.byteLength >= length ? spare.buffer : new ArrayBuffer(length + (length >> 4))
  return new Uint8Array(buffer, 0, length)
}

/**
 * Memory into which these parts were copied once, with pauses for other work, and as much room as `reuse` wants. The first touch of a page, read or
 * written, takes several times longer than the copy; this way it does not fall into the time in which a stream stands still.
 */
export async function rehearse(parts: readonly Uint8Array[], options: Pick<SealOptions, 'pause'> = {}): Promise<Uint8Array<ArrayBuffer>> {
  const breathe = breather(options)
  const length = parts.reduce((total, part) => total + part.length, 0)
  const bytes = new Uint8Array(reuse(undefined, length).buffer)
  let at = 0
  for (const part of parts) {
    // a part is empty once its memory has grown, which may happen in a pause: then there is less to copy
    for (let from = 0; from < part.length; from += PIECE) {
      bytes.set(part.subarray(from, from + PIECE), at + from)
      await breathe()
    }
    at += part.length
  }
  return bytes.fill(0, length)
}

const BLANK = '0'.repeat(64)
const DIGEST_AT = PREFIX + `{"${METADATA}":{"sha256":"`.length
const DIGEST_END = DIGEST_AT + BLANK.length
const RESERVED = ['sha256', 'format']

const SLICE = 5
const PIECE = 65536

/**
 * Makes a sealed checkpoint: a safetensors file whose metadata start with `sha256` and `format`. The digest, 64 lower-case hexadecimal digits, is that of
 * the whole file with the digest itself written as 64 zeros; it always stands in the same place, bytes 35 to 98 of the file, counted from 0. So it covers the length, the
 * header with its padding, and all data: no byte can change and none can be missing.
 *
 * Everything is copied before this returns, so the tensors may change while the digest is computed in slices. Rejects with CheckpointError when the
 * metadata have the keys `sha256` or `format`, or a tensor does not fit its shape.
 */
export async function seal({ tensors, metadata }: Contents, options: SealOptions = {}): Promise<Bytes> {
  const breathe = breather(options)
  const reserved = RESERVED.find((key) => metadata.has(key))
  if (reserved !== undefined) throw new CheckpointError(`the seal writes the metadata "${reserved}" itself`)
  const bytes = writeSafetensors({ tensors, metadata: new Map([['sha256', BLANK], ['format', FORMAT], ...metadata]) }, options.allocate)
  bytes.set(new TextEncoder().encode(await digest(bytes, breathe)), DIGEST_AT)
  return bytes
}

/**
 * Opens a sealed checkpoint: the counterpart of `seal`. The data are views of `bytes`; the metadata are those that were given to `seal`. Rejects with
 * CheckpointError, which names the fault, when anything at all is not as it was sealed.
 */
export async function unseal(bytes: Uint8Array, options: SealOptions = {}): Promise<Contents> {
  const { tensors, metadata } = readSafetensors(bytes)
  checkFormat(metadata.get('format'))
  const sealed = metadata.get('sha256')
  // the digest is trusted only where the seal puts it
  if (sealed === undefined || new TextDecoder().decode(bytes.subarray(DIGEST_AT, DIGEST_END)) !== sealed) {
    throw new CheckpointError('the checkpoint is not sealed: its metadata do not start with a sha256')
  }
  const found = await digest(bytes, breather(options))
  if (found !== sealed) throw new CheckpointError(`the checkpoint is damaged: its digest is ${found}, not ${sealed}`)
  return { tensors, metadata: new Map([...metadata].filter(([key]) => !RESERVED.includes(key))) }
}

function checkFormat(format: string | undefined): void {
  if (format === FORMAT) return
  throw new CheckpointError(
    format === undefined
      ? 'this is no checkpoint of rxrnn: it names no format'
      : `its format is ${JSON.stringify(format.slice(0, 40))}, this program reads ${FORMAT}`,
  )
}

/** SHA-256 of the file with its digest blanked, in hexadecimal */
async function digest(bytes: Uint8Array, breathe: () => Promise<void>): Promise<string> {
  const hash = sha256()
  hash.update(bytes.subarray(0, DIGEST_AT))
  hash.update(new TextEncoder().encode(BLANK))
  for (let at = DIGEST_END; at < bytes.length; at += PIECE) {
    await breathe()
    hash.update(bytes.subarray(at, at + PIECE))
  }
  return hexDigest(hash)
}

/** What is called often, and pauses when enough time has gone by since it was made or last paused */
function breather({ pause = timer }: SealOptions): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE) return
    await pause()
    since = performance.now()
  }
}

function timer(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve)
  })
}
