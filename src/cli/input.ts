import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { concat, defer, EMPTY, identity, map, type MonoTypeOperatorFunction, type Observable, of, tap } from 'rxjs'
import { FileError, file } from '../../streams/files/file.ts'
import type { PullOptions } from '../../streams/files/pace.ts'
import { isSystemError } from '../../streams/reason.ts'
import { STANDARD_INPUT } from '../../streams/files/stdin.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import type { CommandContext } from './context.ts'
import { skipFile } from './failure.ts'

/** The bytes of a file, or of standard input for -; read only as fast as they are learned and the output takes what comes of them */
export function input(path: string, output: Required<PullOptions>, { input }: Pick<CommandContext, 'input'>): Observable<Uint8Array> {
  const options = { ready: () => output.ready() }
  return path === '-' ? input.bytes(options) : file(path, options)
}

/** The same of a text in UTF-8, without its byte order mark. Errors with FileError when it is UTF-16. */
export function textInput(
  path: string,
  output: Required<PullOptions>,
  context: Pick<CommandContext, 'input'>,
  alphabet: Alphabet = 'characters',
): Observable<Uint8Array> {
  const bytes$ = input(path, output, context).pipe(refuseUtf16(path, alphabet))
  return alphabet === 'bytes' ? bytes$ : bytes$.pipe(withoutMark())
}

/** Errors with FileError when a stream of characters starts as UTF-16 does */
export function refuseUtf16(path: string, alphabet: Alphabet): MonoTypeOperatorFunction<Uint8Array> {
  if (alphabet === 'bytes') return identity
  return (source) =>
    defer(() => {
      let start: readonly number[] = []
      return source.pipe(
        tap((bytes) => {
          if (start.length < 2) start = [...start, ...bytes.subarray(0, 2 - start.length)]
          if (isUtf16(start)) throw new FileError(path === '-' ? STANDARD_INPUT : path, new Error(UTF16))
        }),
      )
    })
}

const UTF16 = 'it is UTF-16, not UTF-8; convert it with iconv -f UTF-16 -t UTF-8, or read it as bytes with --alphabet bytes'

function isUtf16([first, second]: readonly number[]): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

const MARK = Uint8Array.of(0xef, 0xbb, 0xbf)

function withoutMark(): MonoTypeOperatorFunction<Uint8Array> {
  return (source) =>
    defer(() => {
      let matched = 0
      let known = false
      const rest = (bytes: Uint8Array): Uint8Array => {
        if (known) return bytes
        const before = matched
        while (matched < MARK.length && bytes[matched - before] === MARK[matched]) matched += 1
        const after = bytes.subarray(matched - before)
        known = after.length > 0 || matched === MARK.length
        if (!known) return after
        return matched === MARK.length ? after : Buffer.concat([MARK.subarray(0, matched), after])
      }
      const cut$ = defer(() => (known || matched === 0 ? EMPTY : of(MARK.subarray(0, matched))))
      return concat(source.pipe(map(rest)), cut$)
    })
}

/** The files that can be read; says of the others that they cannot */
export async function readableOf(paths: readonly string[], context: CommandContext): Promise<readonly string[]> {
  const found: string[] = []
  for (const path of paths) {
    await assertReadable(path).then(
      () => found.push(path),
      (error: unknown) => skipFile(error, paths, context),
    )
  }
  return found
}

/** Errors with FileError, before it takes the time to read it, when a file cannot be read */
export async function assertReadable(path: string): Promise<void> {
  if (path === '-') return
  try {
    await access(path, constants.R_OK)
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' })
  } catch (error) {
    throw isSystemError(error) ? new FileError(path, error) : error
  }
}
