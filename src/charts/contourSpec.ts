import type { Spec } from 'vega';

import {
  configOf,
  type IRunAxis,
  type IRunPlot,
  type IRunPoint
} from './runPoint';

/** Size of a cell of the grid, px. */
const CELL = 8;

const PADDING = { left: 64, right: 92, top: 12, bottom: 44 };

/** A run in a contour plot. */
export interface IContourPoint extends IRunPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** What a contour plot shows. */
export interface IContour extends IRunPlot {
  readonly points: readonly IContourPoint[];
  readonly x: IRunAxis;
  readonly y: IRunAxis;
  readonly z: IRunAxis;
}

/**
 * A grid of z over the unit square, rows from above, by inverse squared distance to the points.
 *
 * #### Notes
 * Shepard's method: it meets every point and never leaves their range.
 */
export function gridOf(
  points: readonly { x: number; y: number; z: number }[],
  columns: number,
  rows: number
): number[] {
  const values: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const x = (c + 0.5) / columns;
      const y = 1 - (r + 0.5) / rows;
      let sum = 0;
      let mass = 0;
      for (const point of points) {
        const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
        const weight = 1 / (distance + 1e-6);
        sum += weight * point.z;
        mass += weight;
      }
      values.push(mass > 0 ? sum / mass : 0);
    }
  }
  return values;
}

/** A metric over two params: what lies between the runs is interpolated, the runs are points. */
export function contourSpec(contour: IContour): Spec {
  const { points, x, y, z, theme, size } = contour;
  const width = Math.max(60, size.width - PADDING.left - PADDING.right);
  const height = Math.max(60, size.height - PADDING.top - PADDING.bottom);
  const [x0, x1] = rangeOf(points.map(point => point.x));
  const [y0, y1] = rangeOf(points.map(point => point.y));
  const zs = points.map(point => point.z);
  const [low, high] = [Math.min(...zs), Math.max(...zs)];
  const columns = Math.ceil(width / CELL);
  const rows = Math.ceil(height / CELL);
  const grid = gridOf(
    points.map(point => ({
      x: (point.x - x0) / (x1 - x0),
      y: (point.y - y0) / (y1 - y0),
      z: point.z
    })),
    columns,
    rows
  );
  const steps = high > low ? 10 : 1;
  const thresholds = Array.from(
    { length: steps },
    (_, i) => low + ((high - low) * i) / steps
  );
  const axis = (name: string, domain: number[], range: string): object => ({
    name,
    type: 'linear',
    zero: false,
    domain,
    range
  });
  return {
    $schema: 'https://vega.github.io/schema/vega/v5.json',
    width,
    height,
    padding: PADDING,
    autosize: 'none',
    background: 'transparent',
    config: configOf(theme),
    data: [
      {
        name: 'grid',
        values: [{ width: columns, height: rows, values: grid }]
      },
      {
        name: 'contours',
        source: 'grid',
        transform: [
          {
            type: 'isocontour',
            scale: CELL,
            zero: false,
            smooth: true,
            thresholds
          }
        ]
      },
      { name: 'points', values: points.map(point => ({ ...point })) }
    ],
    scales: [
      axis('x', [x0, x1], 'width'),
      axis('y', [y0, y1], 'height'),
      {
        name: 'color',
        type: 'linear',
        zero: false,
        domain: [low, high > low ? high : low + 1],
        range: { scheme: 'viridis' }
      }
    ],
    axes: [
      { scale: 'x', orient: 'bottom', title: x.label, tickCount: 6 },
      { scale: 'y', orient: 'left', title: y.label, tickCount: 6 }
    ],
    legends: [
      {
        fill: 'color',
        title: z.label,
        orient: 'right',
        offset: 12,
        titleLimit: 78
      }
    ],
    marks: [
      {
        type: 'group',
        clip: true,
        encode: {
          enter: { width: { signal: 'width' }, height: { signal: 'height' } }
        },
        marks: [
          {
            type: 'path',
            from: { data: 'contours' },
            encode: {
              enter: {
                fill: { scale: 'color', field: 'contour.value' },
                stroke: { value: theme.grid },
                strokeWidth: { value: 0.5 }
              }
            },
            transform: [{ type: 'geopath', field: 'datum.contour' }]
          }
        ]
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'x' },
            y: { scale: 'y', field: 'y' },
            size: { value: 60 },
            fill: { scale: 'color', field: 'z' },
            stroke: { value: theme.dark ? '#ffffff' : '#000000' },
            strokeWidth: { value: 1.2 },
            opacity: { signal: 'datum.chosen ? 1 : 0.25' },
            tooltip: {
              signal: `{name: datum.name, ${JSON.stringify(x.label)}: datum.x, ${JSON.stringify(y.label)}: datum.y, ${JSON.stringify(z.label)}: datum.z}`
            }
          }
        }
      }
    ]
  } as Spec;
}

/** Ends of values with some air, wider than nothing. */
function rangeOf(values: readonly number[]): [number, number] {
  const min = Math.min(...values);
  const max = Math.max(...values);
  const air = max > min ? (max - min) * 0.06 : Math.abs(min) * 0.1 || 1;
  return [min - air, max + air];
}
