/** An option's value is missing, of the wrong kind or out of its range. The message names the option, the value and the range. */
export class OptionError extends RangeError {
  override readonly name = 'OptionError'
  readonly option: string

  constructor(option: string, message: string) {
    super(message)
    this.option = option
  }
}
