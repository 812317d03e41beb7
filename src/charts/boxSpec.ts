import type { TopLevelSpec } from 'vega-lite';

import { configOf, type IRunAxis, type IRunPlot } from './runPoint';
import type { IScatterPoint } from './scatterSpec';

/** What a box plot shows. */
export interface IBox extends IRunPlot {
  readonly points: readonly IScatterPoint[];
  readonly x: IRunAxis;
  readonly y: IRunAxis;
}

/** Values of runs by group: median, quartiles, whiskers of 1.5 interquartile ranges, and each run as a point. */
export function boxSpec(box: IBox): TopLevelSpec {
  const { points, x, y, theme, size } = box;
  const position = {
    x: {
      field: 'x',
      type: 'nominal',
      title: x.label,
      axis: { labelAngle: 0, labelOverlap: true }
    },
    y: {
      field: 'y',
      type: 'quantitative',
      title: y.label,
      scale: { zero: false, padding: 8 }
    }
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: size.width,
    height: size.height,
    autosize: { type: 'fit', contains: 'padding' },
    background: 'transparent',
    data: { values: points.map(point => ({ ...point })) },
    layer: [
      {
        mark: {
          type: 'boxplot',
          size: 36,
          outliers: false,
          color: theme.faint,
          box: { fillOpacity: 0.25 },
          median: { color: theme.text }
        },
        encoding: position
      },
      {
        mark: { type: 'point', filled: true, size: 50, opacity: 0.9 },
        encoding: {
          ...position,
          color: { field: 'color', type: 'nominal', scale: null, legend: null },
          opacity: {
            condition: { test: 'datum.chosen', value: 0.9 },
            value: 0.12
          },
          tooltip: [
            { field: 'name', type: 'nominal' },
            { field: 'x', type: 'nominal', title: x.label },
            { field: 'y', type: 'nominal', title: y.label }
          ]
        }
      }
    ],
    config: configOf(theme)
  } as TopLevelSpec;
}
