import { Notification } from '@jupyterlab/apputils';
import { UUID } from '@lumino/coreutils';
import * as React from 'react';

import { RunsError } from '../client/errors';
import { chartOutput, dataFrameCode, tableOutput } from './cell';
import { toPNG } from './compose';
import { type Picture, useCompare } from './context';
import { tableCSV } from './table';
import { sectionsOf } from './tableView';

/** What can be done with a comparison as a whole. */
export function Actions(props: {
  readonly picture: React.RefObject<Picture | null>;
}): JSX.Element {
  const { model, trans, host } = useCompare();
  const ready = model.phase === 'ready' && model.shown.length > 0;
  const hasPicture = !['table', 'code', 'artifacts'].includes(model.state.view);
  const guarded = (work: () => Promise<void> | void) => () => {
    Promise.resolve()
      .then(work)
      .catch(reason => {
        Notification.error(
          reason instanceof RunsError
            ? `${reason.message} ${reason.hint}`
            : String((reason as Error).message ?? reason)
        );
      });
  };
  const shot = async (): Promise<{ svg: string; spec: object | null }> => {
    const found = await props.picture.current?.();
    if (!found?.svg) {
      throw new Error(trans.__('There is no chart to take a picture of yet.'));
    }
    return found;
  };
  const insert = async (withOutputs: boolean): Promise<void> => {
    const outputs: Record<string, unknown>[] = [];
    if (withOutputs) {
      if (hasPicture && model.state.view !== 'curves') {
        const { svg, spec } = await shot();
        const png = await base64(await toPNG(svg));
        outputs.push(
          chartOutput(
            svg,
            png,
            spec,
            trans.__('Chart of %1 runs', model.shown.length)
          )
        );
      } else {
        const data = await model.client.chart({
          anchor: `compare-${UUID.uuid4()}`,
          cell_id: null,
          execution_count: null,
          run_ids: model.shown.map(run => run.run.run_id)
        });
        outputs.push({ output_type: 'display_data', data, metadata: {} });
      }
      outputs.push(tableOutput(model.shown, sectionsOf(model)));
    }
    const done = await host.insert?.(dataFrameCode(model.shown), outputs);
    if (!done) {
      Notification.warning(
        trans.__('Open a notebook first: the cell goes below its active cell.')
      );
    }
  };
  const button = (
    label: string,
    title: string,
    enabled: boolean,
    work: () => Promise<void> | void
  ): JSX.Element => (
    <button
      type="button"
      className="jp-Cellruns-button"
      title={title}
      disabled={!ready || !enabled}
      onClick={guarded(work)}
    >
      {label}
    </button>
  );
  return (
    <div
      className="jp-Cellruns-compare-actions"
      role="group"
      aria-label={trans.__('Comparison')}
    >
      {host.insert ? (
        <>
          {button(
            trans.__('Insert chart and table'),
            trans.__(
              'Put this chart and the table below the active cell of the notebook'
            ),
            true,
            () => insert(true)
          )}
          {button(
            trans.__('Insert code'),
            trans.__(
              'Put code that gives these runs as a DataFrame into the notebook'
            ),
            true,
            () => insert(false)
          )}
        </>
      ) : null}
      {button('CSV', trans.__('Download the table as CSV'), true, () =>
        host.download(
          'comparison.csv',
          new Blob([tableCSV(model.shown, sectionsOf(model))], {
            type: 'text/csv'
          })
        )
      )}
      {button(
        'SVG',
        trans.__('Download the chart as SVG'),
        hasPicture,
        async () =>
          host.download(
            `${model.state.view}.svg`,
            new Blob([(await shot()).svg], { type: 'image/svg+xml' })
          )
      )}
      {button(
        'PNG',
        trans.__('Download the chart as PNG'),
        hasPicture,
        async () =>
          host.download(
            `${model.state.view}.png`,
            await toPNG((await shot()).svg)
          )
      )}
      {host.save
        ? button(
            trans.__('Save as file'),
            trans.__('Keep this comparison as a file'),
            true,
            host.save
          )
        : null}
    </div>
  );
}

async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(text);
}
