import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import React from 'react';

import { useView } from '../runs/context';
import { StatusSign, statusText } from '../runs/status';
import { groupLabel } from './cell';
import { columnLabel, parseColumn } from './columns';
import type { TableModel } from './model';
import type { ITableRow } from './row';

/** What a line is called, with its status, fold and selection. */
export function NameCell(props: {
  row: ITableRow;
  index: number;
  model: TableModel;
  selected: boolean;
}): JSX.Element {
  const { row, index, model, selected } = props;
  const { trans } = useView();
  const group = parseColumn(model.state.group);
  const name = row.isGroup
    ? groupLabel(row, group, trans.__('(none)'), status =>
        statusText(status, trans)
      )
    : row.name;
  return (
    <>
      <span
        className="jp-Cellruns-check"
        title={trans.__('Select')}
        aria-hidden="true"
        data-checked={selected}
        onClick={event => {
          event.stopPropagation();
          if (event.shiftKey) {
            void model.selection.extend(index);
          } else if (row.isGroup) {
            void model.selection.toggleLine(index);
          } else {
            model.selection.toggle(row.id, index);
          }
        }}
      />
      {row.children > 0 ? (
        <button
          type="button"
          tabIndex={-1}
          className="jp-Cellruns-twisty"
          aria-label={row.expanded ? trans.__('Fold up') : trans.__('Unfold')}
          onClick={event => {
            event.stopPropagation();
            model.toggle(row);
          }}
        >
          {row.expanded ? (
            <caretDownIcon.react tag="span" width="18px" />
          ) : (
            <caretRightIcon.react tag="span" width="18px" />
          )}
        </button>
      ) : null}
      {row.isGroup ? (
        <span className="jp-Cellruns-groupKey">
          {group ? columnLabel(group, trans) : ''}
        </span>
      ) : (
        <StatusSign status={row.status} />
      )}
      <span className="jp-Cellruns-name" title={name}>
        {name}
      </span>
      {row.children > 0 && (row.isGroup || !row.expanded) ? (
        <span className="jp-Cellruns-count">{row.children}</span>
      ) : null}
    </>
  );
}
