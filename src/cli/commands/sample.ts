import { setImmediate } from 'node:timers/promises'
import { Command } from 'commander'
import { concat, tap } from 'rxjs'
import { pull } from '../../../streams/files/pull.ts'
import type { Loaded } from '../../checkpoint/checkpoint.ts'
import { learn } from '../../learn.ts'
import { OptionError } from '../../text/option-error.ts'
import { createModel } from '../../network/create.ts'
import { sample } from '../../sample.ts'
import { loadCheckpoint } from '../state/checkpoint-file.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { textInput } from '../input.ts'
import { modelFlags, NumberOption, withModelOptions } from '../flags/options.ts'
import { ProgressTable } from '../print/progress.ts'
import { finished } from '../run.ts'

const HELP = `
With --checkpoint nothing is read or learned: it resumes from where the saved stream stood.
--seed is where both the model's and the sample's random numbers start: the same seed and text give the same sample.

Examples:
  rxrnn sample book.txt --length 500
  rxrnn sample app.log --temperature 0.5 --prime 'ERROR '
  rxrnn sample --checkpoint state --top-p 0.9`

interface SampleFlags {
  readonly length: number
  readonly temperature: number
  readonly topK?: number
  readonly topP: number
  readonly prime: string
  readonly seed?: number
  readonly checkpoint?: string
  readonly quiet?: true
}

export function sampleCommand(context: CommandContext): Command {
  return withModelOptions(withHelp(new Command('sample'), HELP))
    .summary('learn from a text, then write as it would continue')
    .description('Reads standard input, or FILEs one after the other, learns from them and then writes text of its own.')
    .argument('[FILE...]', 'the files to read; - is standard input')
    .addOption(new NumberOption('--length <N>', 'characters to write', { min: 0, max: 1e9, integer: true }).default(200))
    .option('--prime <TEXT>', 'resume from this text', '')
    .addOption(new NumberOption('--temperature <X>', 'below 1 more of the likely, above 1 more of the unlikely', { min: 0.01, max: 100 }).default(1))
    .addOption(new NumberOption('--top-k <N>', 'draw from the N likeliest characters', { min: 1, max: 1114112, integer: true }))
    .addOption(new NumberOption('--top-p <X>', 'draw from as few as have this much probability together', { min: 0.0001, max: 1 }).default(1))
    .option('--checkpoint <FILE>', 'resume from this checkpoint, or the newest of a folder, instead of learning')
    .option('-q, --quiet', 'show no progress')
    .action((paths: string[], flags: SampleFlags) => writeSample(paths, flags, context))
}

async function writeSample(paths: readonly string[], flags: SampleFlags, context: CommandContext): Promise<void> {
  const loaded = flags.checkpoint === undefined ? await learned(paths, flags, context) : await saved(flags.checkpoint, paths, flags, context)
  if (loaded === undefined) return
  const { model, stream } = loaded
  const { seed = model.options.seed, ...rest } = flags
  const { output } = context
  const ready = () => output.ready() ?? setImmediate()
  const written$ = pull(sample(model, { ...rest, seed, from: stream }), { ready }).pipe(tap((character) => output.write(character)))
  if ((await finished(written$, context)) === 'completed') output.write('\n')
}

/** What can be sampled; without a stream it starts from the zero state */
type Source = Pick<Loaded, 'model'> & Partial<Pick<Loaded, 'stream'>>

async function learned(paths: readonly string[], flags: SampleFlags, context: CommandContext): Promise<Source | undefined> {
  const model = createModel(modelFlags({ ...flags }))
  const progress = new ProgressTable(flags.quiet === true ? () => {} : context.note)
  const text$ = concat(...(paths.length === 0 ? ['-'] : paths).map((path) => textInput(path, context.output, context, model.options.alphabet)))
  const ending = await finished(
    text$.pipe(
      learn(model),
      tap(({ losses }) => progress.add(losses)),
    ),
    context,
  )
  progress.end()
  if (ending === 'stopped') return undefined
  if (progress.characters === 0) throw new Error('nothing to learn from: the input was empty')
  return { model }
}

function saved(path: string, paths: readonly string[], flags: SampleFlags, { note }: CommandContext): Promise<Source> {
  if (paths.length > 0) throw new OptionError('checkpoint', 'checkpoint is given, so no FILE is learned; leave one of them away')
  const { seed: _, ...given } = modelFlags({ ...flags })
  const [option] = Object.keys(given)
  if (option !== undefined) throw new OptionError(option, `${option} is that of the checkpoint; omit it`)
  return loadCheckpoint(path, (text) => note(`rxrnn: ${text}`))
}
