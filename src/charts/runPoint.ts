import type { IChartTheme } from './data';
import type { ISize } from './geometry';

/** A run as a plot of runs draws it. */
export interface IRunPoint {
  readonly run: string;
  readonly name: string;
  readonly color: string;
  /** Chosen by a brush; where nothing is chosen all are. */
  readonly chosen: boolean;
}

/** An axis of a plot of runs. */
export interface IRunAxis {
  readonly label: string;
  readonly numeric: boolean;
}

/** What every plot of runs is made with. */
export interface IRunPlot {
  readonly theme: IChartTheme;
  /** Size of the whole, px. */
  readonly size: ISize;
}

/** Opacity of runs that a brush has left out. */
export const FAINT = 0.12;

/** The part of a Vega-Lite or Vega configuration that follows the page. */
export function configOf(theme: IChartTheme): object {
  return {
    font: theme.font,
    view: { stroke: null },
    axis: {
      labelColor: theme.faint,
      titleColor: theme.text,
      titleFontWeight: 'normal',
      labelFontSize: 10,
      titleFontSize: 11,
      domainColor: theme.grid,
      tickColor: theme.grid,
      gridColor: theme.grid,
      gridOpacity: 0.6,
      labelLimit: 140
    },
    legend: {
      labelColor: theme.faint,
      titleColor: theme.text,
      titleFontWeight: 'normal',
      labelFontSize: 10,
      titleFontSize: 11
    }
  };
}
