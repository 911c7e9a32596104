import type { Observable } from 'rxjs'
import type { Sink } from '../../streams/files/sink.ts'

/** What a command works with: data go to `output`, everything else is a note on standard error */
export interface CommandContext {
  readonly output: Sink
  /** Whether people look at the output */
  readonly terminal: boolean
  readonly note: (text: string) => void
  /** Emits an exit code when the command is to end early: 129, 130 and 143 after a signal, 0 when the reader of the output has gone. Errors when the output cannot be written. */
  readonly stop$: Observable<number>
  /** What the process exits with; the first that is not 0 stays */
  exitCode: number
}
