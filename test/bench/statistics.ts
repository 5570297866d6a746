/** The middle value, or the mean of the two in the middle. @throws Error where there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [below, above] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (below === undefined || above === undefined) throw new Error('there is no median of nothing');
  return (below + above) / 2;
}
