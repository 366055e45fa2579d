/** Figures of several runs. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Latencies in buckets of 0.05 ms up to 10 s: bounded memory for any number of samples. */
export class Latencies {
  readonly #buckets = new Uint32Array(200_001);
  #count = 0;

  add(ms: number): void {
    this.#buckets[Math.min(200_000, Math.floor(ms * 20))]! += 1;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  /** Upper edge of the bucket that holds the given share of the samples. */
  percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (const [at, count] of this.#buckets.entries()) {
      left -= count;
      if (left <= 0) return (at + 1) / 20;
    }
    return 10_000;
  }
}
