import { Command } from 'commander'
import { Grader } from '../../alerts/grader.ts'
import { Loader, Saver } from '../../checkpoint/archives.ts'
import { loadContents } from '../../checkpoint/checkpoint.ts'
import type { Contents } from '../../checkpoint/safetensors.ts'
import { seal, unseal } from '../../checkpoint/seal.ts'
import type { Opinion } from '../../lines/verdicts.ts'
import { OptionError } from '../../text/option-error.ts'
import { visibleText } from '../../text/visible.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { repeatable } from '../flags/options.ts'
import { output } from '../print/output.ts'
import { checkpointFile, namingFile, readBytes } from '../state/checkpoint-file.ts'

const HELP = `
Examples:
  rxrnn verdicts state                                 those of rxrnn -f app.log --checkpoint state
  rxrnn verdicts state --noise 'INFO cache flushed'    lines like it rank lower
  rxrnn verdicts state --remove 'INFO cache flushed'   take that back
  rxrnn verdicts state --json > ops.ndjson             for rxrnn --verdicts ops.ndjson

Stop the rxrnn that writes the checkpoints before changing one: it does not read them again. The first line of a list is the oldest; it keeps the last 256.`

interface VerdictsFlags {
  readonly useful: readonly string[]
  readonly noise: readonly string[]
  readonly remove: readonly string[]
  readonly json?: true
}

export function verdictsCommand(context: CommandContext): Command {
  return withHelp(new Command('verdicts'), HELP)
    .summary('list or change what a checkpoint knows to be useful or noise')
    .description('Lists the verdicts on alerts that a checkpoint FILE holds, after adding and removing what is asked for.')
    .argument('<FILE>', 'a checkpoint, or a folder of checkpoints: the newest one')
    .addOption(repeatable('--useful <TEXT>', 'lines like this are useful'))
    .addOption(repeatable('--noise <TEXT>', 'lines like this are noise'))
    .addOption(repeatable('--remove <TEXT>', 'take back the last verdict on this line'))
    .option('--json', 'print one JSON object per line, as --verdicts of rxrnn watch reads them')
    .action((file: string, flags: VerdictsFlags) => namingFile(file, verdicts(file, flags, context)))
}

async function verdicts(path: string, flags: VerdictsFlags, context: CommandContext): Promise<void> {
  const file = await checkpointFile(path, context.note)
  const bytes = await readBytes(file)
  const contents = await unseal(bytes)
  loadContents(contents, bytes.length).model.dispose()
  const archive = new Loader(contents.tensors, contents.metadata)
  if (!archive.has('score.lines')) throw new Error(`${file} holds a model and no alerts: only what rxrnn watch --checkpoint saves has verdicts`)
  const grader = new Grader()
  grader.transfer(archive)
  for (const text of flags.remove) {
    if (!grader.verdicts.some((verdict) => verdict.text === text))
      throw new OptionError('remove', `remove is ${text}, but there is no verdict on that line`)
    grader.judge({ verdict: 'none', text })
  }
  const add = (verdict: Opinion, texts: readonly string[]) => texts.forEach((text) => grader.judge({ verdict, text }))
  add('useful', flags.useful)
  add('noise', flags.noise)
  if (flags.remove.length + flags.useful.length + flags.noise.length > 0) await replace(file, contents, grader, context)
  const show =
    flags.json === true ? JSON.stringify : ({ verdict, text }: (typeof grader.verdicts)[number]) => `${verdict.padEnd(8)}${visibleText(text)}`
  for (const verdict of grader.verdicts) context.output.write(`${show(verdict)}\n`)
  if (grader.verdicts.length === 0) context.note('rxrnn: there are no verdicts in it')
}

/** Writes the checkpoint anew with the verdicts of a grader */
async function replace(file: string, { tensors, metadata }: Contents, grader: Grader, context: CommandContext): Promise<void> {
  const saver = new Saver()
  grader.transfer(saver)
  const counters = [metadata, saver.metadata].map((saved): object => JSON.parse(saved.get('counters') ?? '{}'))
  const changed = {
    tensors: new Map([...tensors, ...saver.tensors]),
    metadata: new Map([...metadata, ['counters', JSON.stringify(Object.assign({}, ...counters))] as const]),
  }
  const to = output(file, file, context)
  to.write(await seal(changed))
  await to.commit()
}
