import { Command, Option } from 'commander'
import { concat, tap } from 'rxjs'
import { learn } from '../learn.ts'
import { createModel } from '../network/create.ts'
import { sample } from '../sample.ts'
import type { CommandContext } from './context.ts'
import { input } from './input.ts'
import { modelFlags, number, withModelOptions } from './options.ts'
import { ProgressTable } from './progress.ts'
import { finished } from './run.ts'

const HELP = `
--seed is where both the model's and the sample's random numbers start: the same seed and text give the same sample.

Examples:
  rxrnn sample book.txt --length 500
  rxrnn sample app.log --temperature 0.5 --prime 'ERROR '`

interface SampleFlags {
  readonly length: number
  readonly temperature: number
  readonly prime: string
  readonly seed?: number
  readonly quiet?: true
}

export function sampleCommand(context: CommandContext): Command {
  return withModelOptions(new Command('sample'))
    .summary('learn from a text, then write as it would go on')
    .description('Reads standard input, or FILEs one after the other, learns from them and then writes text of its own.')
    .argument('[FILE...]', 'the files to read; - is standard input')
    .addOption(new Option('--length <N>', 'characters to write').argParser(number({ min: 0, max: 1e9, integer: true })).default(200))
    .addOption(
      new Option('--temperature <X>', 'below 1 more of the likely, above 1 more of the unlikely, from 0.01 to 100')
        .argParser(number({ min: 0.01, max: 100 }))
        .default(1),
    )
    .option('--prime <TEXT>', 'text to go on from', '')
    .option('-q, --quiet', 'no progress table on standard error')
    .addHelpText('after', HELP)
    .action((paths: string[], flags: SampleFlags) => learnAndSample(paths, flags, context))
}

async function learnAndSample(paths: readonly string[], flags: SampleFlags, context: CommandContext): Promise<void> {
  const model = createModel(modelFlags({ ...flags }))
  const progress = new ProgressTable(flags.quiet === true ? () => {} : context.note)
  const text$ = concat(...(paths.length === 0 ? ['-'] : paths).map((path) => input(path, context.output)))
  const ending = await finished(
    text$.pipe(
      learn(model),
      tap(({ losses }) => progress.add(losses)),
    ),
    context,
  )
  progress.end()
  if (ending === 'stopped') return
  const { length, temperature, prime, seed = model.options.seed } = flags
  for (const character of sample(model, { length, temperature, prime, seed })) {
    context.output.write(character)
    await context.output.ready()
  }
  context.output.write('\n')
}
