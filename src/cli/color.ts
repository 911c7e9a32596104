import { Option } from 'commander'

export type ColorChoice = 'auto' | 'always' | 'never'

export function colorChoice(): Option {
  return new Option('--color <WHEN>', 'colour by surprise; auto: on a terminal, unless NO_COLOR is set')
    .choices(['auto', 'always', 'never'])
    .default('auto')
}

/** Whether to colour: what the command line says, else NO_COLOR, else FORCE_COLOR, else whether people look at it */
export function useColor(choice: ColorChoice, terminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always'
  const { NO_COLOR = '', FORCE_COLOR } = environment
  if (NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return terminal
}
