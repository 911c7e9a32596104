export declare class Order2 {
  constructor(characters: number)
  get bits(): number
  add(characters: Iterable<number>): void
}
