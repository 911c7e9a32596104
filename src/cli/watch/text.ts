import { concat, map, type Observable, tap } from 'rxjs'
import { follow } from '../../../streams/files/follow.ts'
import type { Alphabet } from '../../text/vocabulary.ts'
import type { CommandContext } from '../context.ts'
import { input, refuseUtf16 } from '../input.ts'
import type { SourceState } from '../state/source-state.ts'

/** The bytes of files one after the other; - is standard input */
export function inOrder(paths: readonly string[], alphabet: Alphabet, context: CommandContext): Observable<Uint8Array> {
  return concat(...paths.map((path) => input(path, context.output, context).pipe(refuseUtf16(path, alphabet))))
}

/** The bytes of a file as it grows, from where it was left */
export function followed(path: string, alphabet: Alphabet, kept: SourceState | undefined, { output, note }: CommandContext): Observable<Uint8Array> {
  const report = ({ message }: { readonly message: string }) => note(`rxrnn: ${message}`)
  return follow(path, { from: kept?.position, ready: () => output.ready(), report }).pipe(
    tap(({ bytes, position }) => kept?.read(bytes, position)),
    map(({ bytes }) => bytes),
    refuseUtf16(path, kept?.position === undefined ? alphabet : 'bytes'),
  )
}
