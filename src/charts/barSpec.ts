import type { TopLevelSpec } from 'vega-lite';

import { configOf, type IRunPlot } from './runPoint';

/** A bar with how far it may be off. */
export interface IBar {
  readonly name: string;
  readonly value: number;
  readonly spread: number;
}

/** Horizontal bars in the order given, each with a line of one standard deviation to both sides. */
export function barSpec(
  bars: readonly IBar[],
  title: string,
  { theme, size }: IRunPlot
): TopLevelSpec {
  const y = { field: 'name', type: 'nominal', title: null, sort: null };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: size.width,
    height: size.height,
    autosize: { type: 'fit', contains: 'padding' },
    background: 'transparent',
    data: {
      values: bars.map(bar => ({
        ...bar,
        low: bar.value - bar.spread,
        high: bar.value + bar.spread
      }))
    },
    layer: [
      {
        mark: { type: 'bar', color: theme.dark ? '#4aa8e8' : '#0072b2' },
        encoding: { y, x: { field: 'value', type: 'quantitative', title } }
      },
      {
        mark: { type: 'rule', color: theme.text },
        encoding: {
          y,
          x: { field: 'low', type: 'quantitative' },
          x2: { field: 'high' }
        }
      }
    ],
    config: configOf(theme)
  } as TopLevelSpec;
}
