/** Whether memory and file descriptors of a program stay where they are once it has warmed up. Pure. */
export type Sample = { seconds: number; rssBytes: number; descriptors: number };
export type Growth = { rssBytesPerHour: number; descriptorsPerHour: number };

/** The first third is warm-up: caches fill, the heap finds its size. */
const warmUpShare = 1 / 3;
/** A leak of one byte an event at 5,000 a second is 18 MB an hour; a collector that breathes moves a short run by more than a long one. */
const flatShare = 0.1;
const flatDescriptors = 5;

/** The slope of the line that fits best (least squares). */
export function growthPerHour(samples: readonly Sample[]): Growth {
  const late = samples.slice(Math.floor(samples.length * warmUpShare));
  const slope = (value: (sample: Sample) => number): number => {
    const middle = mean(late.map(({ seconds }) => seconds));
    const level = mean(late.map(value));
    const over = late.reduce((sum, sample) => sum + (sample.seconds - middle) * (value(sample) - level), 0);
    const under = late.reduce((sum, { seconds }) => sum + (seconds - middle) ** 2, 0);
    return under === 0 ? 0 : (over / under) * 3_600;
  };
  return { rssBytesPerHour: slope(({ rssBytes }) => rssBytes), descriptorsPerHour: slope(({ descriptors }) => descriptors) };
}

/** Over the time that was watched it grew by less than a tenth of what it is, and by less than five descriptors. */
export function isFlat(samples: readonly Sample[]): boolean {
  const late = samples.slice(Math.floor(samples.length * warmUpShare));
  const hours = ((late.at(-1)?.seconds ?? 0) - (late[0]?.seconds ?? 0)) / 3_600;
  const { rssBytesPerHour, descriptorsPerHour } = growthPerHour(samples);
  const level = mean(late.map(({ rssBytes }) => rssBytes));
  return rssBytesPerHour * hours < level * flatShare && descriptorsPerHour * hours < flatDescriptors;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
