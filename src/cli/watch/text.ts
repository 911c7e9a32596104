import { concat, map, type Observable, tap } from 'rxjs'
import { follow } from '../../../streams/files/follow.ts'
import type { CommandContext } from '../context.ts'
import { input } from '../input.ts'
import type { KeptSource } from '../state/source-state.ts'

/** The bytes of files one after the other; - is standard input */
export function inOrder(paths: readonly string[], kept: KeptSource | undefined, { output }: CommandContext): Observable<Uint8Array> {
  return concat(...paths.map((path) => input(path, output))).pipe(tap((bytes) => kept?.read(bytes)))
}

/** The bytes of a file as it grows, from where it was left */
export function followed(path: string, kept: KeptSource | undefined, { output, note }: CommandContext): Observable<Uint8Array> {
  const report = ({ message }: { readonly message: string }) => note(`rxrnn: ${message}`)
  return follow(path, { from: kept?.position, ready: () => output.ready(), report }).pipe(
    tap(({ bytes, position }) => kept?.read(bytes, position)),
    map(({ bytes }) => bytes),
  )
}
