/** A line of a log of regular lines, with two kinds among them that stand out */
export function lineOf(i: number): string {
  if (i > 100 && i % 60 === 25) return `disk sda${i} failed: no space left on device\n`
  if (i > 100 && i % 60 === 55) return `report error: nobody reads that of tenant ${i}\n`
  return `worker ${i % 3} did job ${(7 * i) % 10} in ${i % 9} ms\n`
}
