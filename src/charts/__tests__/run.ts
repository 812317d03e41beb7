import type { IChartRun } from '../data';

/** A run of metrics with a point a second, steps from 0. */
export function run(id: string, metrics: Record<string, number[]>): IChartRun {
  const series = Object.entries(metrics).map(
    ([key, values]) =>
      [
        key,
        {
          key,
          count: values.length,
          steps: values.map((_, i) => i),
          timestamps: values.map((_, i) => 1764000000000 + i * 1000),
          values,
          version: '1'
        }
      ] as const
  );
  return {
    run: id,
    name: id,
    startTime: 1764000000000,
    series: new Map(series)
  };
}
