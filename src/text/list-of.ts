/** The names in a list with commas between them, in the order of `names` and each once; undefined when one of them is not known */
export function namesIn<Name extends string>(text: string, names: readonly Name[]): readonly Name[] | undefined {
  const given = text.split(',')
  const known = names.filter((name) => given.includes(name))
  return known.length === new Set(given).size ? known : undefined
}
