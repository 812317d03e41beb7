import * as React from 'react';

import type { ITryOutput } from './jobs';
import type { JSONValue } from '../yaml/json';
import { Table } from './parts';
import { ITrans } from '../text';

/** What a model gave, as a table or as text. */
export function OutputTable(props: {
  output: ITryOutput;
  trans: ITrans;
}): React.JSX.Element {
  const { output, trans } = props;
  if (output.kind === 'json') {
    return (
      <>
        <pre className="jp-Cellruns-modelPre" tabIndex={0}>
          {output.text}
        </pre>
        {output.is_cut && (
          <p className="jp-Cellruns-modelFaint">
            {trans.__('Only the beginning is shown.')}
          </p>
        )}
      </>
    );
  }
  const { columns, types, rows, total, columns_total } = output;
  const isArray = columns.every((name, index) => name === String(index));
  return (
    <>
      <Table
        label={trans.__('Output')}
        head={[
          '',
          ...columns.map((name, index) =>
            types[index] && !isArray
              ? `${name} (${types[index]})`
              : isArray && columns.length === 1
                ? trans.__('prediction')
                : name
          )
        ]}
        rows={rows.map((row, index) => [
          <span className="jp-Cellruns-modelFaint">{index}</span>,
          ...row.map(cellText)
        ])}
      />
      {(total > rows.length || columns_total > columns.length) && (
        <p className="jp-Cellruns-modelFaint">
          {trans.__(
            'Shown: %1 of %2 rows, %3 of %4 columns.',
            rows.length,
            total,
            columns.length,
            columns_total
          )}
        </p>
      )}
    </>
  );
}

/** One cell of a table. */
export function cellText(value: JSONValue): string {
  return value === null
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
}
