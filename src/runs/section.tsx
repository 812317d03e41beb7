import React, { useState } from 'react';

import { useView } from './context';

/** Entries from which on there is a search field. */
const SEARCH_FROM = 15;
/** Entries rendered at once. */
const STEP = 100;

/** A part of the run's page that can be folded. */
export function Section(props: {
  title: string;
  count?: number;
  folded?: boolean;
  children: React.ReactNode;
}): JSX.Element {
  const [open, setOpen] = useState(!props.folded);
  return (
    <details
      className="jp-Cellruns-section"
      open={open}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h3>{props.title}</h3>
        {props.count === undefined ? null : (
          <span className="jp-Cellruns-count">{props.count}</span>
        )}
      </summary>
      {open ? props.children : null}
    </details>
  );
}

/** Keys and their values as a table. */
export function Pairs(props: {
  entries: readonly [string, string][];
  label: string;
}): JSX.Element {
  const { trans } = useView();
  const [text, setText] = useState('');
  const [limit, setLimit] = useState(STEP);
  const { entries, label } = props;
  if (entries.length === 0) {
    return <p className="jp-Cellruns-none">{trans.__('None.')}</p>;
  }
  const wanted = text.trim().toLowerCase();
  const hits = entries
    .filter(entry => entry.some(word => word.toLowerCase().includes(wanted)))
    .sort(([a], [b]) => a.localeCompare(b));
  return (
    <>
      {entries.length >= SEARCH_FROM ? (
        <input
          type="text"
          className="jp-Cellruns-search"
          value={text}
          placeholder={trans.__('Find')}
          aria-label={trans.__('Find in %1', label)}
          onChange={event => setText(event.currentTarget.value)}
        />
      ) : null}
      <table className="jp-Cellruns-pairs" aria-label={label}>
        <tbody>
          {hits.slice(0, limit).map(([key, value], index) => (
            <tr key={`${index}:${key}`}>
              <th scope="row" title={key}>
                {key}
              </th>
              <td title={value.slice(0, 2000)}>
                <div>{value.slice(0, 2000)}</div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {hits.length > limit ? (
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={() => setLimit(limit + STEP)}
        >
          {trans.__('%1 more', hits.length - limit)}
        </button>
      ) : null}
    </>
  );
}
