import type { Observable } from 'rxjs'
import type { PullOptions } from '../../streams/files/pace.ts'
import type { Sink } from '../../streams/files/sink.ts'

/** Standard input */
export interface CommandInput {
  bytes(options: PullOptions): Observable<Uint8Array>
  /** Resolves when there is something to read, or nothing will come. Rejects with FileError. */
  begins(): Promise<void>
  /** Whether somebody types it */
  readonly terminal: boolean
}

/** What a command works with: data come from `input` and go to `output`, everything else is a note on standard error */
export interface CommandContext {
  readonly input: CommandInput
  readonly output: Sink
  /** Whether people look at the output */
  readonly terminal: boolean
  readonly note: (text: string) => void
  /** The variables of the environment */
  readonly environment: NodeJS.ProcessEnv
  /** Emits an exit code when the command is to end early: 129, 130 and 143 after a signal, 0 when the reader of the output has gone. Errors when the output cannot be written. */
  readonly stop$: Observable<number>
  /** What the process exits with; the first that is not 0 stays */
  exitCode: number
}
