import { closeIcon, refreshIcon, searchIcon } from '@jupyterlab/ui-components';
import React, { useState } from 'react';

import { ColumnChooser } from './column-chooser';
import { IconButton, useSignal, useView } from './context';
import { columnsIcon } from './icons';
import type { RunsModel } from './model';
import type { Scope } from './tokens';

/** Scope, filter and columns of the list. */
export function ListToolbar(props: {
  model: RunsModel;
  filterRef: React.RefObject<HTMLInputElement>;
  onLeaveFilter: () => void;
}): JSX.Element {
  const { model, filterRef } = props;
  const { trans } = useView();
  const [choosing, setChoosing] = useState(false);
  useSignal(model.changed);
  return (
    <div className="jp-Cellruns-toolbar">
      <div className="jp-Cellruns-toolbarLine">
        <ScopeSwitch model={model} />
        <span className="jp-Cellruns-gap" />
        <IconButton
          icon={columnsIcon}
          label={trans.__('Choose metrics and params')}
          expanded={choosing}
          onClick={() => setChoosing(!choosing)}
        />
        <IconButton
          icon={refreshIcon}
          label={trans.__('Refresh')}
          onClick={() => void model.refresh()}
        />
      </div>
      <div className="jp-Cellruns-filter">
        <searchIcon.react tag="span" />
        <input
          ref={filterRef}
          type="text"
          spellCheck={false}
          value={model.filter}
          placeholder={trans.__('Filter runs')}
          aria-label={trans.__('Filter runs by name, status, param or tag')}
          aria-keyshortcuts="/"
          onChange={event => model.setFilter(event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key === 'Escape' && model.filter) {
              event.stopPropagation();
              model.setFilter('');
            } else if (['Escape', 'ArrowDown', 'Enter'].includes(event.key)) {
              event.preventDefault();
              event.stopPropagation();
              props.onLeaveFilter();
            }
          }}
        />
        {model.filter ? (
          <IconButton
            icon={closeIcon}
            label={trans.__('Clear the filter')}
            onClick={() => {
              model.setFilter('');
              filterRef.current?.focus();
            }}
          />
        ) : null}
      </div>
      {choosing ? (
        <ColumnChooser model={model} onClose={() => setChoosing(false)} />
      ) : null}
    </div>
  );
}

function ScopeSwitch({ model }: { model: RunsModel }): JSX.Element {
  const { trans } = useView();
  const scopes: [Scope, string][] = [
    ['notebook', trans.__('This notebook')],
    ['all', trans.__('All')]
  ];
  return (
    <div
      role="group"
      aria-label={trans.__('Whose runs')}
      className="jp-Cellruns-segments"
    >
      {scopes.map(([scope, label]) => (
        <button
          key={scope}
          type="button"
          aria-pressed={model.scope === scope}
          title={
            scope === 'notebook' ? (model.notebook ?? undefined) : undefined
          }
          onClick={() => model.setScope(scope)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
