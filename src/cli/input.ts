import type { Observable } from 'rxjs'
import { file } from '../../streams/files/file.ts'
import { stdin } from '../../streams/files/stdin.ts'
import type { PullOptions } from '../../streams/files/pace.ts'

/** The bytes of a file, or of standard input for -; read only as fast as they are learned and the output takes what comes of them */
export function input(path: string, output: Required<PullOptions>): Observable<Uint8Array> {
  const options = { ready: () => output.ready() }
  return path === '-' ? stdin(options) : file(path, options)
}
