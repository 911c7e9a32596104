import { Command, Option } from 'commander'
import { firstValueFrom } from 'rxjs'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { modelFlags, NumberOption, withModelOptions } from '../flags/options.ts'

const HELP = `
Texts come on the subjects rxrnn.text.KEY, and there is a learner for each KEY; line events go to rxrnn.events.KEY, in one message for each text that ends
a line. Start as many workers as there are cores, on any number of machines: they share the keys, and when one dies the others resume where its
checkpoints end. Nothing is lost, and no event is stored twice.

A KEY is words of letters, digits, _ and -, separated by dots; any other key is = and the base64url of its UTF-8.

Examples:
  nats-server -js
  rxrnn worker
  nats pub rxrnn.text.web-1 "GET /cart 200"
  nats sub 'rxrnn.events.>'`

interface WorkerFlags {
  readonly nats: string
  readonly name?: string
  readonly partitions: number
  readonly resident: number
  readonly lease: number
  readonly checkpointEvery: number
  readonly retention: number
  readonly alertRate: number
}

/** Milliseconds that it may take to make everything safe at the end */
const PATIENCE = 30_000

export function workerCommand(context: CommandContext): Command {
  return withModelOptions(withHelp(new Command('worker'), HELP), 'small')
    .summary('one learner per key, on NATS JetStream with other workers')
    .description(
      'Learns what comes on NATS, with a learner for each key, until it is stopped. Its models have --preset small unless asked otherwise.',
    )
    .addOption(new Option('--nats <URL>', 'the server; several are separated by commas').default('nats://127.0.0.1:4222'))
    .addOption(new Option('--name <NAME>', 'its name among the workers').default(undefined, 'a new one'))
    .addOption(count('--partitions <N>', 'into how many parts the keys are divided, the same for all workers and forever', 4096).default(16))
    .addOption(count('--resident <N>', 'learners in memory for each partition', 1e6).default(25))
    .addOption(time('--lease <SECONDS>', 'after so long without a sign of life others take over', 3600).default(1.5))
    .addOption(time('--checkpoint-every <SECONDS>', 'how often a partition is saved', 86_400).default(30))
    .addOption(time('--retention <DAYS>', 'how long texts and events are kept, where it makes their streams', 36_500).default(7))
    .addOption(new NumberOption('--alert-rate <X>', 'the share of lines to flag', { min: 0.0001, max: 0.5 }).default(0.01))
    .action(async (flags: WorkerFlags) => {
      const { nats: url, name, partitions, resident, lease, checkpointEvery, retention, alertRate } = flags
      const { NatsWorker } = await clients()
      const worker = new NatsWorker({
        url,
        ...(name !== undefined && { name }),
        partitions,
        resident,
        lease,
        checkpointEvery,
        retention,
        alertRate,
        model: modelFlags({ ...flags }),
        note: (text) => context.note(`rxrnn: ${text}`),
      })
      context.note(`rxrnn: ${worker.name} works for ${url}`)
      const stopping = stopped(context, () => worker.stop())
      await Promise.race([worker.run(), stopping])
    })
}

/** The clients of NATS are optional: most who use rxrnn have no need of them */
async function clients(): Promise<typeof import('../../nats/index.ts')> {
  try {
    return await import('../../nats/index.ts')
  } catch (error) {
    throw new Error('the clients of NATS are missing; install them with: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv', {
      cause: error,
    })
  }
}

/** Resolves when it was asked to stop and has had its time */
async function stopped(context: CommandContext, stop: () => void): Promise<void> {
  context.exitCode ||= await firstValueFrom(context.stop$)
  stop()
  await new Promise((resolve) => setTimeout(resolve, PATIENCE))
  context.note(`rxrnn: gives up after ${PATIENCE / 1000} s; another worker resumes from the last checkpoints`)
}

function count(flags: string, about: string, max: number): Option {
  return new NumberOption(flags, about, { min: 1, max, integer: true })
}

function time(flags: string, about: string, max: number): Option {
  return new NumberOption(flags, about, { min: 0.01, max })
}
