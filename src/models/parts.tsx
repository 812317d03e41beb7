import * as React from 'react';
import { JSONValue } from '../yaml/json';
import { ITrans } from '../text';

/** A titled part of the view that can be folded. */
export function Section(props: {
  title: string;
  note?: string | null;
  isClosed?: boolean;
  children: React.ReactNode;
}): React.JSX.Element {
  return (
    <details className="jp-Cellruns-modelSection" open={!props.isClosed}>
      <summary>
        <span className="jp-Cellruns-modelTitle">{props.title}</span>
        {props.note && (
          <span className="jp-Cellruns-modelNote">{props.note}</span>
        )}
      </summary>
      {props.children}
    </details>
  );
}

/** A table with a header row; wide ones scroll by themselves. */
export function Table(props: {
  head: string[];
  rows: React.ReactNode[][];
  label: string;
}): React.JSX.Element {
  return (
    <div
      className="jp-Cellruns-modelScroll"
      tabIndex={0}
      role="region"
      aria-label={props.label}
    >
      <table className="jp-Cellruns-modelTable">
        <thead>
          <tr>
            {props.head.map((text, index) => (
              <th key={index} scope="col">
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Names and values, one pair per line. */
export function Pairs(props: {
  pairs: [string, React.ReactNode][];
}): React.JSX.Element {
  return (
    <dl className="jp-Cellruns-modelPairs">
      {props.pairs.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}

/** Any JSON value: short ones in the line, lists of texts joined, others as indented text. */
export function Value(props: {
  value: JSONValue;
  trans: ITrans;
}): React.JSX.Element {
  const { value } = props;
  if (value === null || value === '') {
    return (
      <span className="jp-Cellruns-modelFaint">
        {value === null ? props.trans.__('none') : '""'}
      </span>
    );
  }
  if (typeof value === 'boolean') {
    return <>{value ? props.trans.__('yes') : props.trans.__('no')}</>;
  }
  if (typeof value !== 'object') {
    return <span className="jp-Cellruns-modelCode">{String(value)}</span>;
  }
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) {
    return (
      <span className="jp-Cellruns-modelCode">{value.join(', ') || '[]'}</span>
    );
  }
  const entries = Object.entries(value);
  if (
    entries.length < 6 &&
    entries.every(([, item]) => typeof item === 'string')
  ) {
    return (
      <span className="jp-Cellruns-modelCode">
        {entries.map(([key, item]) => `${key}: ${item as string}`).join(', ')}
      </span>
    );
  }
  const text = JSON.stringify(value, null, 2);
  if (JSON.stringify(value).length < 90) {
    return (
      <span className="jp-Cellruns-modelCode">{JSON.stringify(value)}</span>
    );
  }
  const limit = 20_000;
  return (
    <pre className="jp-Cellruns-modelPre">
      {text.length > limit ? `${text.slice(0, limit)}\n…` : text}
    </pre>
  );
}

/** A small button with a text. */
export function Button(props: {
  label: string;
  title?: string;
  isDisabled?: boolean;
  /** Looks like a link in a line of text. */
  isLink?: boolean;
  onClick: () => void;
}): React.JSX.Element {
  return (
    <button
      type="button"
      className={
        props.isLink ? 'jp-Cellruns-modelLink' : 'jp-Cellruns-modelButton'
      }
      title={props.title}
      disabled={props.isDisabled}
      onClick={props.onClick}
    >
      {props.label}
    </button>
  );
}
