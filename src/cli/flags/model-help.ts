import { Command } from 'commander'
import { withHelp } from './help.ts'
import { modelOptionsWithDefaults, otherDefaults } from './options.ts'

/** What `rxrnn help model` shows: no command, but the options that every command has which makes a model */
export function modelHelp(): Command {
  const help = withHelp(new Command('rxrnn'), otherDefaultsText())
    .usage('[COMMAND] [options]')
    .description('The options of the model that watch, evaluate, sample, compress, serve and worker learn with.')
  for (const option of modelOptionsWithDefaults()) help.addOption(option)
  return help
}

function otherDefaultsText(): string {
  const { preset, optimizer } = otherDefaults()
  const items = (rows: typeof preset) => rows.filter(([, flags]) => flags !== '').map(([name, flags]) => `  ${name}  ${flags}`)
  return ['Other presets:', ...items(preset), '', 'Other optimizers:', ...items(optimizer)].join('\n')
}
