import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { ChartEngine } from '../charts/engine';
import { Pacer } from '../charts/pacer';
import { IRunsClient } from '../client/tokens';
import { ILiveRuns } from '../live/tokens';
import { LazyRenderer } from '../outputs/lazy';
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { CHART_MIME } from './payload';
import { ChartPreferences } from './preferences';
import type { InlineChart } from './widget';

const PLUGIN_ID = 'jupyterlab-cellruns:inline';

/** Charts of runs under the cells that log them. */
export const inlinePlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Draws the runs of a cell under it, live.',
  autoStart: true,
  requires: [IRenderMimeRegistry, ISettingRegistry],
  optional: [
    ILiveRuns,
    IRunsClient,
    INotebookTracker,
    IThemeManager,
    IStateDB,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    settings: ISettingRegistry,
    live: ILiveRuns | null,
    client: IRunsClient | null,
    notebooks: INotebookTracker | null,
    themes: IThemeManager | null,
    state: IStateDB | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellruns');
    const preferences = new ChartPreferences(state);
    const pacer = new Pacer();
    const charts = new Set<InlineChart>();
    let engine: Promise<ChartEngine> | null = null;
    const load = (): Promise<ChartEngine> =>
      (engine ??= import('../charts/engine').then(({ loadEngine }) =>
        loadEngine()
      ));

    const makeChart = async (): Promise<InlineChart> => {
      const { InlineChart } = await import('./widget');
      const chart = new InlineChart({
        live,
        client,
        preferences,
        rendermime,
        engine: load,
        pacer,
        compare: runIds =>
          void app.commands.execute('cellruns:compare-runs', {
            run_ids: [...runIds]
          }),
        below: (node, cellId) => cellsBelow(notebooks, node, cellId),
        trans
      });
      charts.add(chart);
      chart.disposed.connect(() => charts.delete(chart));
      return chart;
    };

    // In `activate`: notebooks take a copy of the registry when they are made.
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [CHART_MIME],
        createRenderer: () => new LazyRenderer(makeChart)
      },
      20
    );
    themes?.themeChanged.connect(() => charts.forEach(c => c.restyle()));
    live?.changed.connect((_runs, change) => {
      if (change.kind === 'start' && engine === null) {
        // Points are about to come: fetch what draws them while the page is idle.
        window.setTimeout(() => {
          void import('./widget').catch(() => undefined);
          void load().catch(() => undefined);
        }, 0);
      }
    });

    void preferences.load().catch(reason => {
      console.warn('Cellruns: no remembered charts:', reason);
    });
    settings
      .load(PLUGIN_ID)
      .then(setting => {
        const read = (): void => preferences.setDefaults(setting.composite);
        read();
        setting.changed.connect(read);
      })
      .catch(reason => {
        console.error('Cellruns: no settings of charts:', reason);
      });
  }
};

/** Ids of the cells below a cell in the notebook that shows a node. */
function cellsBelow(
  notebooks: INotebookTracker | null,
  node: HTMLElement,
  cellId: string
): ReadonlySet<string> {
  const panel = notebooks?.find(one => one.node.contains(node));
  const ids = panel?.content.widgets.map(cell => cell.model.id) ?? [];
  const at = ids.indexOf(cellId);
  return new Set(at < 0 ? [] : ids.slice(at + 1));
}
