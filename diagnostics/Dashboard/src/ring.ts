/** The last so many samples with their times in seconds, oldest first. */
export class Ring<T> {
  readonly times: number[] = [];
  readonly values: T[] = [];

  constructor(private readonly limit: number) {}

  add(time: number, value: T): void {
    this.times.push(time);
    this.values.push(value);
    if (this.times.length > this.limit) { this.times.shift(); this.values.shift(); }
  }
}

/** Units a second from the first to the last sample; null with less than two seconds of them. */
export function speed(ring: Ring<number>): number | null {
  const n = ring.times.length;
  if (n < 2) return null;
  const seconds = ring.times[n - 1]! - ring.times[0]!;
  return seconds < 2 ? null : (ring.values[n - 1]! - ring.values[0]!) / seconds;
}
