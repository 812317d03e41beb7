import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import { colorOf, dashOf } from '../charts/palette';
import type { ColumnKind, ICompareColumn } from './columns';
import { useCompare } from './context';

/** The colour and dash of a run. */
export function Swatch(props: { order: number }): JSX.Element {
  const { theme } = useCompare();
  return (
    <span
      className="jp-Cellruns-swatch"
      data-dash={dashOf(props.order)}
      style={{ color: colorOf(props.order, theme.dark) }}
      aria-hidden="true"
    />
  );
}

/** A choice with its label before it. */
export function Choice(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly children: React.ReactNode;
}): JSX.Element {
  return (
    <label className="jp-Cellruns-compare-choice">
      {props.label}
      <HTMLSelect
        className="jp-Cellruns-inline-select"
        aria-label={props.label}
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
      >
        {props.children}
      </HTMLSelect>
    </label>
  );
}

/** A choice of one column. */
export function ColumnChoice(props: {
  readonly label: string;
  readonly columns: readonly ICompareColumn[];
  readonly value: string | null;
  /** Text of the choice of none; absent: one has to be chosen. */
  readonly none?: string;
  readonly onChange: (id: string | null) => void;
}): JSX.Element {
  const { trans } = useCompare();
  const names: Record<ColumnKind, string> = {
    param: trans.__('Params'),
    metric: trans.__('Metrics'),
    run: trans.__('Run'),
    tag: trans.__('Tags')
  };
  return (
    <Choice
      label={props.label}
      value={props.value ?? ''}
      onChange={value => props.onChange(value || null)}
    >
      {props.none !== undefined && <option value="">{props.none}</option>}
      {(Object.keys(names) as ColumnKind[]).map(kind => {
        const some = props.columns.filter(column => column.kind === kind);
        return some.length > 0 ? (
          <optgroup key={kind} label={names[kind]}>
            {some.map(column => (
              <option key={column.id} value={column.id}>
                {column.key}
              </option>
            ))}
          </optgroup>
        ) : null;
      })}
    </Choice>
  );
}

/** The table behind a chart, folded. */
export function DataTable(props: {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}): JSX.Element {
  const { trans } = useCompare();
  return (
    <details className="jp-Cellruns-compare-data">
      <summary>{trans.__('Data table')}</summary>
      <div
        className="jp-Cellruns-compare-scroll"
        tabIndex={0}
        role="region"
        aria-label={props.caption}
      >
        <table className="jp-Cellruns-compare-table">
          <caption>{props.caption}</caption>
          <thead>
            <tr>
              {props.heads.map((head, i) => (
                <th scope="col" key={i}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.rows.map((row, i) => (
              <tr key={i}>
                {row.map((cell, j) =>
                  j === 0 ? (
                    <th scope="row" key={j}>
                      {cell}
                    </th>
                  ) : (
                    <td key={j}>{cell}</td>
                  )
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** Says why there is nothing to see, and what helps. */
export function Empty(props: {
  readonly title: string;
  readonly text?: string;
  readonly alert?: boolean;
  readonly children?: React.ReactNode;
}): JSX.Element {
  return (
    <div
      className="jp-Cellruns-compare-empty"
      role={props.alert ? 'alert' : 'status'}
    >
      <h3>{props.title}</h3>
      {props.text ? <p>{props.text}</p> : null}
      {props.children}
    </div>
  );
}

/** The width of an element, px; 0 until it is laid out. */
export function useWidth(): [React.RefObject<HTMLDivElement>, number] {
  const ref = React.useRef<HTMLDivElement>(null);
  const [width, setWidth] = React.useState(0);
  React.useLayoutEffect(() => {
    const node = ref.current;
    if (!node) {
      return;
    }
    const read = (): void => setWidth(Math.floor(node.clientWidth));
    read();
    const observer = new ResizeObserver(read);
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
