import type { TopLevelSpec } from 'vega-lite';

import type { IChartOptions, IChartTheme } from './data';
import type { IFigure } from './figure';
import { innerSize, type ISize, PADDING } from './geometry';
import { DASHES } from './palette';

/** What decides the shape of a specification; all else is data and parameters. */
export interface ISpecShape {
  readonly x: IChartOptions['x'];
  readonly log: boolean;
  readonly xLog?: boolean;
  readonly theme: IChartTheme;
}

/** Names of the data sets of a specification. */
export const DATA_NAMES = ['band', 'raw', 'lines', 'dots', 'odd'] as const;

/** Values of the parameters of a specification. */
export interface ISpecParams {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly yFormat: string;
  readonly xSuffix: string;
}

/** Parameters of a figure. */
export function paramsOf(figure: IFigure): ISpecParams {
  return {
    x0: figure.x.min,
    x1: figure.x.max,
    y0: figure.y.min,
    y1: figure.y.max,
    yFormat: figure.yFormat,
    xSuffix: figure.xSuffix
  };
}

// A cross, triangles that point to where the value went.
const ODD_SHAPES = {
  nan: 'M-1,-1L1,1M1,-1L-1,1',
  high: 'M0,-1L1,1L-1,1Z',
  low: 'M0,1L1,-1L-1,-1Z',
  nonpositive: 'M0,1L1,-1L-1,-1Z'
};

/**
 * The Vega-Lite specification of one plot.
 *
 * #### Notes
 * Size, padding and domains are given, never found by Vega: so live and
 * saved charts are equal to the pixel, and a pointer can be read without the
 * view. Without `figure` the data sets are empty, to be filled later.
 */
export function specOf(
  shape: ISpecShape,
  size: ISize,
  figure: IFigure | null = null
): TopLevelSpec {
  const { theme } = shape;
  const params = figure
    ? paramsOf(figure)
    : { x0: 0.1, x1: 1, y0: 0.1, y1: 1, yFormat: '', xSuffix: '' };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    ...innerSize(size),
    padding: { ...PADDING },
    autosize: { type: 'none' },
    background: 'transparent',
    params: Object.entries(params).map(([name, value]) => ({
      name,
      value: value as number | string
    })),
    datasets: figure
      ? Object.fromEntries(DATA_NAMES.map(name => [name, [...figure[name]]]))
      : undefined,
    layer: [
      {
        data: { name: 'band' },
        mark: { type: 'area', clip: true, opacity: 0.18 },
        encoding: {
          ...position(shape),
          y2: { field: 'y2' },
          ...color,
          detail: { field: 'g', type: 'nominal' }
        }
      },
      curve('raw', shape, { strokeWidth: 1, opacity: 0.3 }),
      curve('lines', shape, { strokeWidth: 1.75 }),
      {
        data: { name: 'dots' },
        mark: { type: 'point', filled: true, size: 44, opacity: 1, clip: true },
        encoding: { ...position(shape), ...color }
      },
      {
        data: { name: 'odd' },
        mark: { type: 'point', size: 26, strokeWidth: 1.5, opacity: 0.95 },
        encoding: {
          x: position(shape).x,
          // 7 px inside the edge that the value went over.
          y: {
            value: {
              expr: "datum.k === 'low' || datum.k === 'nonpositive' ? height - 7 : 7"
            }
          },
          shape: {
            field: 'k',
            type: 'nominal',
            legend: null,
            scale: {
              domain: Object.keys(ODD_SHAPES),
              range: Object.values(ODD_SHAPES)
            }
          },
          ...color
        }
      }
    ],
    config: {
      font: theme.font,
      view: { stroke: null },
      mark: { invalid: null },
      axis: {
        labelColor: theme.faint,
        labelFontSize: 10,
        domainColor: theme.grid,
        tickColor: theme.grid,
        gridColor: theme.grid,
        gridOpacity: 0.6,
        tickSize: 4,
        labelPadding: 3,
        labelFlush: true
      }
    }
  } as TopLevelSpec;
}

const color = {
  color: { field: 'c', type: 'nominal', scale: null, legend: null }
} as const;

function curve(
  name: string,
  shape: ISpecShape,
  look: { strokeWidth: number; opacity?: number }
): object {
  return {
    data: { name },
    mark: { type: 'line', clip: true, strokeJoin: 'round', ...look },
    encoding: {
      ...position(shape),
      ...color,
      detail: { field: 'g', type: 'nominal' },
      strokeDash: {
        field: 'd',
        type: 'nominal',
        legend: null,
        scale: { domain: DASHES.map((_, i) => i), range: DASHES }
      }
    }
  };
}

function position(shape: ISpecShape): { x: object; y: object } {
  const time = shape.x === 'wall';
  return {
    x: {
      field: 'x',
      type: time ? 'temporal' : 'quantitative',
      title: null,
      scale: {
        domainMin: { expr: 'x0' },
        domainMax: { expr: 'x1' },
        nice: false,
        ...(shape.xLog ? { type: 'log' } : time ? {} : { zero: false })
      },
      axis: {
        grid: false,
        tickCount: { expr: 'max(2, floor(width / 70))' },
        labelOverlap: true,
        ...(time
          ? {}
          : shape.x === 'step'
            ? {
                // There is no half step.
                labelExpr: "datum.value % 1 ? '' : format(datum.value, '~s')"
              }
            : { labelExpr: "format(datum.value, '.6~g') + xSuffix" })
      }
    },
    y: {
      field: 'y',
      type: 'quantitative',
      title: null,
      scale: {
        type: shape.log ? 'log' : 'linear',
        domainMin: { expr: 'y0' },
        domainMax: { expr: 'y1' },
        nice: false,
        ...(shape.log ? {} : { zero: false })
      },
      axis: {
        tickCount: { expr: 'max(2, floor(height / 36))' },
        labelExpr: shape.log
          ? "format(datum.value, '.3~g')"
          : 'format(datum.value, yFormat)',
        labelLimit: PADDING.left - 8,
        domain: false,
        ticks: false,
        labelOverlap: shape.log ? 'greedy' : true
      }
    }
  };
}
