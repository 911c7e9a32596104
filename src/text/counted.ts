/** A number with its unit: `1 line`, `4,120 lines` */
export function counted(number: number, unit: string): string {
  return `${number.toLocaleString('en')} ${unit}${number === 1 ? '' : 's'}`
}
