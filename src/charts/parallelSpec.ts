import type { Spec } from 'vega';

import { formatValue } from './format';
import {
  configOf,
  FAINT,
  type IRunAxis,
  type IRunPlot,
  type IRunPoint
} from './runPoint';

/** Space around the axes, px. */
export const PARALLEL_PADDING = { left: 48, right: 48, top: 34, bottom: 12 };

/** An axis of parallel coordinates: numbers between its ends, or categories one above the other. */
export interface IParallelAxis extends IRunAxis {
  readonly id: string;
  readonly min: number;
  readonly max: number;
  readonly categories: readonly string[];
}

/** A run as a line across the axes; null where it has no value. */
export interface IParallelLine extends IRunPoint {
  readonly values: readonly (number | string | null)[];
}

/** Chosen part of an axis, from 0 (its lower end) to 1. */
export interface IBrush {
  readonly from: number;
  readonly to: number;
}

/** What parallel coordinates show. */
export interface IParallel extends IRunPlot {
  readonly axes: readonly IParallelAxis[];
  readonly lines: readonly IParallelLine[];
  /** Chosen parts by id of the axis. */
  readonly brushes: ReadonlyMap<string, IBrush>;
}

/** An axis for the values of runs. */
export function parallelAxis(
  id: string,
  label: string,
  numeric: boolean,
  values: readonly (number | string | null)[]
): IParallelAxis {
  const numbers = values.flatMap(value =>
    typeof value === 'number' && Number.isFinite(value) ? value : []
  );
  const min = Math.min(...numbers);
  const max = Math.max(...numbers);
  return {
    id,
    label,
    numeric,
    min: numbers.length > 0 ? min : 0,
    max: numbers.length > 0 ? max : 1,
    categories: numeric
      ? []
      : [
          ...new Set(
            values.flatMap(value => (value === null ? [] : String(value)))
          )
        ].sort()
  };
}

/** Where a value lies on an axis, 0 to 1; null where it has no place. */
export function placeOn(
  axis: IParallelAxis,
  value: number | string | null
): number | null {
  if (value === null) {
    return null;
  }
  if (!axis.numeric) {
    const at = axis.categories.indexOf(String(value));
    return at < 0 ? null : (at + 0.5) / axis.categories.length;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return null;
  }
  return axis.max > axis.min ? (value - axis.min) / (axis.max - axis.min) : 0.5;
}

/** The lines that go through every brush. */
export function brushed(
  axes: readonly IParallelAxis[],
  lines: readonly Pick<IParallelLine, 'run' | 'values'>[],
  brushes: ReadonlyMap<string, IBrush>
): string[] {
  return lines
    .filter(line =>
      axes.every((axis, i) => {
        const brush = brushes.get(axis.id);
        const place = placeOn(axis, line.values[i]);
        // Ends count: the run that a range was read off must be in it.
        return (
          !brush ||
          (place !== null &&
            place >= brush.from - 1e-9 &&
            place <= brush.to + 1e-9)
        );
      })
    )
    .map(line => line.run);
}

/** Parallel coordinates: an upright axis per column, a line per run. */
export function parallelSpec(parallel: IParallel): Spec {
  const { axes, lines, brushes, theme, size } = parallel;
  const width = size.width - PARALLEL_PADDING.left - PARALLEL_PADDING.right;
  const height = size.height - PARALLEL_PADDING.top - PARALLEL_PADDING.bottom;
  const at = (i: number): number =>
    axes.length > 1 ? (width * i) / (axes.length - 1) : width / 2;
  const y = (place: number): number => height * (1 - place);
  return {
    $schema: 'https://vega.github.io/schema/vega/v5.json',
    width,
    height,
    padding: PARALLEL_PADDING,
    autosize: 'none',
    background: 'transparent',
    config: configOf(theme),
    data: [
      {
        name: 'points',
        values: lines.flatMap(line =>
          axes.flatMap((axis, i) => {
            const place = placeOn(axis, line.values[i]);
            return place === null
              ? []
              : [
                  {
                    run: line.run,
                    name: line.name,
                    x: at(i),
                    y: y(place),
                    c: line.color,
                    o: line.chosen ? 0.85 : FAINT
                  }
                ];
          })
        )
      },
      {
        name: 'axes',
        values: axes.map((axis, i) => ({ x: at(i), label: axis.label }))
      },
      {
        name: 'ticks',
        values: axes.flatMap((axis, i) =>
          ticksOf(axis).map(tick => ({
            x: at(i),
            y: y(tick.place),
            text: tick.text
          }))
        )
      },
      {
        name: 'brushes',
        values: axes.flatMap((axis, i) => {
          const brush = brushes.get(axis.id);
          return brush ? [{ x: at(i), y: y(brush.to), y2: y(brush.from) }] : [];
        })
      }
    ],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'line', data: 'points', groupby: 'run' } },
        marks: [
          {
            type: 'line',
            from: { data: 'line' },
            encode: {
              enter: {
                x: { field: 'x' },
                y: { field: 'y' },
                stroke: { field: 'c' },
                strokeWidth: { value: 1.5 },
                strokeOpacity: { field: 'o' },
                tooltip: { signal: '{name: datum.name}' }
              }
            }
          }
        ]
      },
      {
        type: 'rule',
        from: { data: 'axes' },
        encode: {
          enter: {
            x: { field: 'x' },
            y: { value: 0 },
            y2: { value: height },
            stroke: { value: theme.faint }
          }
        }
      },
      {
        type: 'rect',
        from: { data: 'brushes' },
        encode: {
          enter: {
            x: { field: 'x', offset: -7 },
            width: { value: 14 },
            y: { field: 'y' },
            y2: { field: 'y2' },
            fill: { value: theme.text },
            fillOpacity: { value: 0.25 },
            stroke: { value: theme.text }
          }
        }
      },
      {
        type: 'text',
        from: { data: 'axes' },
        encode: {
          enter: {
            x: { field: 'x' },
            y: { value: -18 },
            text: { field: 'label' },
            align: { value: 'center' },
            fill: { value: theme.text },
            fontSize: { value: 11 },
            limit: {
              value: Math.max(
                60,
                axes.length > 1 ? width / (axes.length - 1) - 8 : width
              )
            }
          }
        }
      },
      {
        type: 'text',
        from: { data: 'ticks' },
        encode: {
          enter: {
            x: { field: 'x', offset: 5 },
            y: { field: 'y' },
            text: { field: 'text' },
            baseline: { value: 'middle' },
            fill: { value: theme.text },
            fontSize: { value: 10 },
            limit: { value: 90 }
          }
        }
      }
    ]
  };
}

function ticksOf(axis: IParallelAxis): { place: number; text: string }[] {
  if (!axis.numeric) {
    const every = Math.ceil(axis.categories.length / 12);
    return axis.categories
      .map((text, i) => ({ place: (i + 0.5) / axis.categories.length, text }))
      .filter((_, i) => i % every === 0);
  }
  if (axis.max <= axis.min) {
    return [{ place: 0.5, text: formatValue(axis.min) }];
  }
  return [0, 0.25, 0.5, 0.75, 1].map(place => ({
    place,
    text: formatValue(axis.min + place * (axis.max - axis.min))
  }));
}
