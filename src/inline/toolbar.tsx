import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IChartOptions } from '../charts/data';

/** What the toolbar shows and does. */
export interface IToolbarProps {
  readonly options: IChartOptions;
  /** How many metrics there are to draw. */
  readonly curves: number;
  readonly table: boolean;
  readonly onOptions: (options: IChartOptions) => void;
  readonly onTable: (table: boolean) => void;
  readonly trans: TranslationBundle;
}

/** Choices of how a chart looks. */
export function Toolbar(props: IToolbarProps): JSX.Element {
  const { options, curves, table, onOptions, onTable, trans } = props;
  const set = (some: Partial<IChartOptions>): void =>
    onOptions({ ...options, ...some });
  return (
    <div
      className="jp-Cellruns-inline-toolbar"
      role="group"
      aria-label={trans.__('Chart options')}
      // Notebooks have shortcuts on plain letters and arrows.
      onKeyDown={event => event.stopPropagation()}
    >
      {curves > 1 && (
        <HTMLSelect
          className="jp-Cellruns-inline-select"
          aria-label={trans.__('Layout')}
          title={trans.__('Layout')}
          value={options.layout}
          onChange={event =>
            set({ layout: event.target.value as IChartOptions['layout'] })
          }
        >
          <option value="multiples">{trans.__('One chart per metric')}</option>
          <option value="single">{trans.__('All on one axis')}</option>
        </HTMLSelect>
      )}
      {curves > 0 && (
        <>
          <HTMLSelect
            className="jp-Cellruns-inline-select"
            aria-label={trans.__('Horizontal axis')}
            title={trans.__('Horizontal axis')}
            value={options.x}
            onChange={event =>
              set({ x: event.target.value as IChartOptions['x'] })
            }
          >
            <option value="step">{trans.__('Step')}</option>
            <option value="relative">{trans.__('Relative time')}</option>
            <option value="wall">{trans.__('Wall time')}</option>
          </HTMLSelect>
          <label className="jp-Cellruns-inline-check">
            <input
              type="checkbox"
              checked={options.log}
              onChange={event => set({ log: event.target.checked })}
            />
            {trans.__('Log')}
          </label>
          <label className="jp-Cellruns-inline-smooth">
            {trans.__('Smoothing')}
            <input
              type="range"
              min={0}
              max={0.99}
              step={0.01}
              value={options.smoothing}
              onChange={event => set({ smoothing: Number(event.target.value) })}
            />
            <output>{options.smoothing.toFixed(2)}</output>
          </label>
        </>
      )}
      <button
        type="button"
        className="jp-Cellruns-textButton"
        aria-pressed={table}
        onClick={() => onTable(!table)}
      >
        {trans.__('Data table')}
      </button>
    </div>
  );
}
