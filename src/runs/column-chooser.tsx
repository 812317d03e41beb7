import React, { useEffect, useRef, useState } from 'react';

import { columnId, type IColumn } from './columns';
import { useView } from './context';
import type { RunsModel } from './model';

/** Entries that are rendered; the search narrows longer lists. */
const MOST_ENTRIES = 200;

/** Picks the metrics and params that the list shows. */
export function ColumnChooser(props: {
  model: RunsModel;
  onClose: () => void;
}): JSX.Element {
  const { model } = props;
  const { trans } = useView();
  const [text, setText] = useState('');
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);

  const chosen = new Set(model.columns.map(columnId));
  // The chosen ones come first, but do not move while one is choosing.
  const [start] = useState(model.columns);
  const first = new Set(start.map(columnId));
  const offered = [
    ...start,
    ...model.available.filter(column => !first.has(columnId(column)))
  ].filter(column =>
    column.key.toLowerCase().includes(text.trim().toLowerCase())
  );

  const toggle = (column: IColumn) => {
    const id = columnId(column);
    model.setColumns(
      chosen.has(id)
        ? model.columns.filter(other => columnId(other) !== id)
        : [...model.columns, column]
    );
  };

  return (
    <div
      role="dialog"
      aria-label={trans.__('Choose metrics and params')}
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
        placeholder={trans.__('Find a metric or param')}
        aria-label={trans.__('Find a metric or param')}
        onChange={event => setText(event.currentTarget.value)}
      />
      <ul>
        {offered.slice(0, MOST_ENTRIES).map(column => (
          <li key={columnId(column)}>
            <label title={column.key}>
              <input
                type="checkbox"
                checked={chosen.has(columnId(column))}
                onChange={() => toggle(column)}
              />
              <span className="jp-Cellruns-chooserKey">{column.key}</span>
              <span className="jp-Cellruns-chooserKind">
                {column.kind === 'metric'
                  ? trans.__('metric')
                  : trans.__('param')}
              </span>
            </label>
          </li>
        ))}
      </ul>
      {offered.length === 0 ? (
        <p>
          {model.available.length === 0
            ? trans.__('No run here has metrics or params.')
            : trans.__('Nothing is called like that.')}
        </p>
      ) : null}
      <div className="jp-Cellruns-chooserFoot">
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={() => model.setColumns(null)}
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
