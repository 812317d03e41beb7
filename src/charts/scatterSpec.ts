import type { TopLevelSpec } from 'vega-lite';

import {
  configOf,
  FAINT,
  type IRunAxis,
  type IRunPlot,
  type IRunPoint
} from './runPoint';

/** A run in a scatter plot. */
export interface IScatterPoint extends IRunPoint {
  readonly x: number | string;
  readonly y: number | string;
  /** Value of the third column, where colours tell of one. */
  readonly z?: number | string;
}

/** What a scatter plot shows. */
export interface IScatter extends IRunPlot {
  readonly points: readonly IScatterPoint[];
  readonly x: IRunAxis;
  readonly y: IRunAxis;
  /** Column that colours tell of; null: colours are those of the runs. */
  readonly color: IRunAxis | null;
}

/** Runs as points of a plane; dragging over it makes the interval `brush`. */
export function scatterSpec(scatter: IScatter): TopLevelSpec {
  const { points, x, y, color, theme, size } = scatter;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: size.width,
    height: size.height,
    autosize: { type: 'fit', contains: 'padding' },
    background: 'transparent',
    data: { values: points.map(point => ({ ...point })) },
    params: [
      {
        name: 'brush',
        select: { type: 'interval', encodings: ['x', 'y'] }
      }
    ],
    mark: { type: 'point', filled: true, size: 70, strokeWidth: 0 },
    encoding: {
      x: place('x', x),
      y: place('y', y),
      color: color
        ? {
            field: 'z',
            type: color.numeric ? 'quantitative' : 'nominal',
            title: color.label,
            scale: color.numeric
              ? { scheme: 'viridis' }
              : { scheme: 'tableau10' }
          }
        : { field: 'color', type: 'nominal', scale: null, legend: null },
      opacity: {
        condition: { test: 'datum.chosen', value: 0.9 },
        value: FAINT
      },
      tooltip: [
        { field: 'name', type: 'nominal' },
        { field: 'x', type: 'nominal', title: x.label },
        { field: 'y', type: 'nominal', title: y.label },
        ...(color
          ? [{ field: 'z', type: 'nominal', title: color.label } as const]
          : [])
      ]
    },
    config: configOf(theme)
  };
}

function place(field: 'x' | 'y', axis: IRunAxis): object {
  return axis.numeric
    ? {
        field,
        type: 'quantitative',
        title: axis.label,
        scale: { zero: false, nice: true, padding: 8 }
      }
    : { field, type: 'nominal', title: axis.label, sort: null };
}
