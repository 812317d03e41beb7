import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';

import type { IAnchor, IRunsClient } from '../client/tokens';
import type { ILiveRuns } from '../live/tokens';
import { hearCards, placeCard } from '../modelcard/missing';
import { CHART_MIME, decodePayload, type IPayload } from './payload';

/** Brings the charts and cards of a kernel back that a page has lost by its reload. */
export class Reattach {
  constructor(client: IRunsClient, live: ILiveRuns | null, text: string) {
    this._client = client;
    this._live = live;
    this._text = text;
  }

  /** Bring back the charts of a notebook whenever it connects with a kernel. */
  watch(panel: NotebookPanel): void {
    const look = (): void => {
      void this._look(panel).catch(reason => {
        console.warn('Cellruns: no charts to bring back:', reason);
      });
    };
    panel.sessionContext.kernelChanged.connect(look, panel);
    look();
  }

  private async _look(panel: NotebookPanel): Promise<void> {
    await panel.context.ready;
    const kernel = panel.sessionContext.session?.kernel;
    if (!kernel) {
      return;
    }
    const { id: kernelId } = kernel;
    const heard = new Set<string>();
    hearCards(kernel, card => {
      heard.add(card.cell_id);
      cellsOf(panel).forEach(cell => placeCard(cell, card));
    });
    const [anchors, cards] = await Promise.all([
      this._client.anchors(kernelId),
      this._client.cards(kernelId)
    ]);
    if (panel.isDisposed) {
      return;
    }
    const cells = cellsOf(panel);
    // Also what ended while no page was there to take its final state.
    const unfinished = new Set(cells.flatMap(cell => unfinishedAnchors(cell)));
    for (const { anchor, run_ids, open } of anchors) {
      if (open || unfinished.has(anchor)) {
        this._live?.adopt(anchor, kernelId, run_ids);
      }
    }
    for (const cell of cells) {
      const outputs = missingOutputs(cell, anchors, this._text);
      for (const { index, output } of outputs) {
        const list = (cell as ICodeCellModel).outputs;
        if (index === null) {
          list.add(output);
        } else {
          list.set(index, output);
        }
      }
    }
    // What was heard meanwhile is newer.
    for (const card of cards.filter(one => !heard.has(one.cell_id))) {
      cells.forEach(cell => placeCard(cell, card));
    }
  }

  private _client: IRunsClient;
  private _live: ILiveRuns | null;
  private _text: string;
}

/** A chart output, and the place of the outdated one that it takes or null. */
export interface IMissing {
  readonly index: number | null;
  readonly output: ReturnType<typeof opening>;
}

/**
 * The output that an open chart of a cell lacks, at most one.
 *
 * @param anchors - All charts of the kernel, oldest first.
 *
 * #### Notes
 * Only the newest execution of a cell counts: an older chart is never brought
 * back beside or over it. What the cell shows of an older one is replaced.
 */
export function missingOutputs(
  cell: ICellModel,
  anchors: readonly IAnchor[],
  text: string
): IMissing[] {
  if (cell.type !== 'code') {
    return [];
  }
  const newest = anchors.filter(anchor => anchor.cell_id === cell.id).pop();
  if (!newest?.open) {
    return [];
  }
  const { outputs } = cell as ICodeCellModel;
  let index: number | null = null;
  for (let i = 0; i < outputs.length; i++) {
    const payload = payloadOf(outputs.get(i).data[CHART_MIME]);
    if (payload?.anchor === newest.anchor) {
      return [];
    }
    if (payload) {
      if (
        !anchors.some(anchor => anchor.anchor === payload.anchor) &&
        (payload.executionCount ?? 0) > (newest.execution_count ?? Infinity)
      ) {
        // The cell has run again since, elsewhere.
        return [];
      }
      index = i;
    }
  }
  return [{ index, output: opening(newest, text) }];
}

function cellsOf(panel: NotebookPanel): ICellModel[] {
  return [...(panel.content.model?.cells ?? [])];
}

function unfinishedAnchors(cell: ICellModel): string[] {
  if (cell.type !== 'code') {
    return [];
  }
  const { outputs } = cell as ICodeCellModel;
  const found: string[] = [];
  for (let i = 0; i < outputs.length; i++) {
    const payload = payloadOf(outputs.get(i).data[CHART_MIME]);
    if (payload && !payload.ended) {
      found.push(payload.anchor);
    }
  }
  return found;
}

function opening(anchor: IAnchor, text: string) {
  return {
    output_type: 'display_data',
    data: {
      [CHART_MIME]: {
        version: 1,
        anchor: anchor.anchor,
        cell: { id: anchor.cell_id, execution_count: anchor.execution_count },
        store: 'attached',
        ended: false,
        runs: [],
        runs_total: 0
      },
      'text/plain': text
    },
    metadata: {}
  };
}

function payloadOf(json: unknown): IPayload | null {
  try {
    return json === undefined ? null : decodePayload(json);
  } catch {
    return null;
  }
}
