import React, { useEffect, useRef, useState } from 'react';

import { formatCount } from '../charts/format';
import { useSignal, useView } from '../runs/context';
import { toggleColumn } from './column-order';
import {
  columnLabel,
  isMetric,
  kindLabel,
  METRIC_KINDS,
  parseColumn,
  type ColumnKind,
  type IColumn
} from './columns';
import type { TableModel } from './model';

/** Entries that are rendered; the search narrows longer lists. */
const MOST_ENTRIES = 200;

/** Picks the columns: attributes, params, tags, and of each metric its last, best, least and greatest value. */
export function ColumnChooser(props: {
  model: TableModel;
  onClose: () => void;
}): JSX.Element {
  const { model } = props;
  const { trans } = useView();
  useSignal(model.changed);
  const [text, setText] = useState('');
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    search.current?.focus();
    void model.offers.ask();
  }, [model]);

  const chosen = new Set(model.chosen);
  // What is chosen comes first, but does not move while one is choosing.
  const [start] = useState(() => [...model.chosen]);
  const first = new Set(start);
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const offered = [
    ...start,
    ...(model.offers.all ?? [])
      .map(offer => offer.column)
      .filter(id => !first.has(id))
  ]
    .map(parseColumn)
    .filter((column): column is IColumn => column !== null)
    .filter(column => {
      const said = `${column.kind} ${column.key} ${columnLabel(column, trans)}`;
      return words.every(word => said.toLowerCase().includes(word));
    })
    .filter(
      column => !model.state.differing || !model.offers.same.has(column.id)
    );

  return (
    <div
      role="dialog"
      aria-label={trans.__('Choose columns')}
      className="jp-Cellruns-chooser"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onClose();
        }
      }}
    >
      <input
        ref={search}
        type="text"
        value={text}
        placeholder={trans.__('Find a column')}
        aria-label={trans.__('Find a column')}
        onChange={event => setText(event.currentTarget.value)}
      />
      <label className="jp-Cellruns-chooserSwitch">
        <input
          type="checkbox"
          checked={model.state.differing}
          onChange={() => model.update({ differing: !model.state.differing })}
        />
        <span>{trans.__('Only columns that differ')}</span>
      </label>
      <ul aria-label={trans.__('Columns')}>
        {offered.slice(0, MOST_ENTRIES).map(column => (
          <li key={column.id}>
            <label title={column.key}>
              <input
                type="checkbox"
                checked={chosen.has(column.id)}
                onChange={() => toggleColumn(model, column.id)}
              />
              <span className="jp-Cellruns-chooserKey">
                {column.kind === 'attribute'
                  ? columnLabel(column, trans)
                  : column.key}
              </span>
              <span className="jp-Cellruns-chooserKind">
                {kindLabel(column.kind, trans)}
              </span>
            </label>
            {isMetric(column) && column.kind === 'metric' ? (
              <span
                className="jp-Cellruns-chooserMore"
                role="group"
                aria-label={trans.__('Values of %1', column.key)}
              >
                {METRIC_KINDS.filter(kind => kind !== 'metric').map(kind => (
                  <KindButton
                    key={kind}
                    model={model}
                    column={column}
                    kind={kind}
                  />
                ))}
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      {offered.length === 0 ? (
        <p>
          {model.offers.all === null
            ? trans.__('Asking what there is…')
            : trans.__('Nothing is called like that.')}
        </p>
      ) : null}
      {model.offers.leftOut > 0 ? (
        <p>
          {trans.__(
            'There are %1 more; those that most runs have are offered.',
            formatCount(model.offers.leftOut)
          )}
        </p>
      ) : null}
      <div className="jp-Cellruns-chooserFoot">
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={() =>
            model.update({ columns: null, pinned: [], widths: {} })
          }
        >
          {trans.__('Automatic')}
        </button>
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={props.onClose}
        >
          {trans.__('Done')}
        </button>
      </div>
    </div>
  );
}

function KindButton(props: {
  model: TableModel;
  column: IColumn;
  kind: ColumnKind;
}): JSX.Element {
  const { model, column, kind } = props;
  const { trans } = useView();
  const id = `${kind}:${column.key}`;
  const label = kindLabel(kind, trans);
  return (
    <button
      type="button"
      aria-pressed={model.chosen.includes(id)}
      aria-label={trans.__('%1 of %2', label, column.key)}
      onClick={() => toggleColumn(model, id, column.id)}
    >
      {label}
    </button>
  );
}
