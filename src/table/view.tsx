import { refreshIcon } from '@jupyterlab/ui-components';
import React, {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';

import type { IRunsClient } from '../client/tokens';
import { IconButton, useSignal, useView } from '../runs/context';
import { columnsIcon, moreIcon, tabIcon } from '../runs/icons';
import { CodeSample, Failure, Notice, Skeleton } from '../runs/states';
import { TableCards } from './cards';
import { ColumnChooser } from './chooser';
import { RunCommands } from './command-ids';
import { FilterBox } from './filter-box';
import { TableGrid } from './grid';
import type { ILineActions } from './lines';
import type { TableMemory } from './memory';
import { openRunsMenu, openTableMenu } from './menus';
import type { TableModel } from './model';
import type { ITableRow } from './row';
import { resolveScope, type IScopeChoice } from './scope';
import { ScopeBar } from './scope-bar';

/** From this width (px) on the table has columns. */
const WIDE = 480;

const EXAMPLE = `import mlflow

with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.93)`;

/** Id of the store that was chosen for a notebook, as it is now; null for the default one. */
function useNotebookStore(
  client: IRunsClient,
  notebook: string | null
): string | null {
  const [store, setStore] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    const look = () => {
      if (notebook === null) {
        setStore(null);
        return;
      }
      client.notebook(notebook).then(
        binding => wanted && setStore(binding.store),
        // The list itself tells of a server that does not answer.
        () => undefined
      );
    };
    const chosen = (_: IRunsClient, path: string) => {
      if (path === notebook) {
        look();
      }
    };
    look();
    client.storeChosen.connect(chosen);
    return () => {
      wanted = false;
      client.storeChosen.disconnect(chosen);
    };
  }, [client, notebook]);
  return store;
}

/** The runs table with all that belongs to it, in the panel and in a tab. */
export function TableView(props: {
  model: TableModel;
  memory: TableMemory;
  client: IRunsClient;
  choice: IScopeChoice;
  onChoose: (choice: IScopeChoice) => void;
  notebook: string | null;
  /** Whether there is a notebook to follow. */
  follows: boolean;
  /** A run to begin at. */
  start: string | null;
  onOpen: (runId: string) => void;
  /** Opens the table as a tab, where it is not one. */
  onOpenTab?: (choice: IScopeChoice) => void;
}): JSX.Element {
  const { model, memory, client, choice, onChoose, notebook, onOpen } = props;
  const { trans, commands } = useView();
  useSignal(model.changed);
  const [choosing, setChoosing] = useState(false);
  const filter = useRef<HTMLInputElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const wide = useWidth(root) >= WIDE;

  const store = useNotebookStore(client, notebook);
  const { scope, place } = resolveScope(choice, notebook, store);
  useEffect(() => {
    void model.setScope(scope, place);
  }, [model, place, JSON.stringify(scope), store]);

  const actions = useActions(model, choice, onOpen);
  const focusList = () =>
    root.current
      ?.querySelector<HTMLElement>('[data-index][tabindex="0"]')
      ?.focus();
  return (
    <div
      ref={root}
      className="jp-Cellruns-listView"
      onKeyDown={event => {
        const typing =
          event.target instanceof HTMLInputElement &&
          event.target.type === 'text';
        if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
          event.preventDefault();
          filter.current?.focus();
        }
      }}
    >
      <div className="jp-Cellruns-toolbar">
        <div className="jp-Cellruns-toolbarLine">
          <ScopeBar
            {...{ choice, notebook, client, onChoose }}
            follows={props.follows}
          />
          <span className="jp-Cellruns-gap" />
          <IconButton
            icon={columnsIcon}
            label={trans.__('Choose columns')}
            expanded={choosing}
            onClick={() => setChoosing(!choosing)}
          />
          <IconButton
            icon={refreshIcon}
            label={trans.__('Refresh')}
            onClick={() => void model.refresh('all')}
          />
          {props.onOpenTab ? (
            <IconButton
              icon={tabIcon}
              label={trans.__('Open as a tab')}
              onClick={() => props.onOpenTab?.(choice)}
            />
          ) : null}
          <IconButton
            icon={moreIcon}
            label={trans.__('Views, groups and more')}
            onClick={event => {
              const box = event.currentTarget.getBoundingClientRect();
              void openTableMenu({
                model,
                memory,
                choice,
                onChoose,
                trans,
                x: box.left,
                y: box.bottom
              });
            }}
          />
        </div>
        <FilterBox model={model} inputRef={filter} onLeave={focusList} />
        {choosing ? (
          <ColumnChooser model={model} onClose={() => setChoosing(false)} />
        ) : null}
      </div>
      <TableBody {...props} wide={wide} actions={actions} />
      <SelectionBar
        model={model}
        deleted={choice.deleted}
        onMenu={actions.menu}
        compare={
          commands.hasCommand(RunCommands.compare)
            ? () =>
                void commands.execute(RunCommands.compare, {
                  run_ids: [...model.selection.ids]
                })
            : null
        }
        onRemove={actions.remove}
      />
      <Foot model={model} />
    </div>
  );
}

function useActions(
  model: TableModel,
  choice: IScopeChoice,
  onOpen: (runId: string) => void
): ILineActions {
  const { commands } = useView();
  const { deleted } = choice;
  const run = useCallback(
    (command: string) => {
      const ids = [...model.selection.ids];
      if (ids.length > 0) {
        void commands.execute(command, { run_ids: ids });
      }
    },
    [model, commands]
  );
  return useMemo(
    () => ({
      open: (row: ITableRow) => onOpen(row.id),
      menu: (x: number, y: number) =>
        openRunsMenu({ commands, runIds: model.selection.ids, deleted, x, y }),
      remove: () => run(deleted ? RunCommands.restore : RunCommands.remove),
      rename: () => run(RunCommands.rename)
    }),
    [commands, model, deleted, onOpen, run]
  );
}

function SelectionBar(props: {
  model: TableModel;
  deleted: boolean;
  compare: (() => void) | null;
  onRemove: () => void;
  onMenu: (x: number, y: number) => void;
}): JSX.Element | null {
  const { model, deleted } = props;
  const { trans } = useView();
  const { size } = model.selection;
  if (size === 0) {
    return null;
  }
  return (
    <div
      className="jp-Cellruns-selection"
      role="toolbar"
      aria-label={trans.__('Selected runs')}
    >
      <span role="status">{trans._n('%1 selected', '%1 selected', size)}</span>
      <span className="jp-Cellruns-gap" />
      {props.compare && !deleted ? (
        <button
          type="button"
          className="jp-Cellruns-button"
          onClick={props.compare}
        >
          {trans.__('Compare')}
        </button>
      ) : null}
      <button
        type="button"
        className="jp-Cellruns-button"
        onClick={props.onRemove}
      >
        {deleted ? trans.__('Restore') : trans.__('Delete')}
      </button>
      <button
        type="button"
        className="jp-Cellruns-button"
        aria-haspopup="menu"
        onClick={event => {
          const box = event.currentTarget.getBoundingClientRect();
          props.onMenu(box.left, box.bottom);
        }}
      >
        {trans.__('Actions ▾')}
      </button>
      <button
        type="button"
        className="jp-Cellruns-button"
        onClick={() => model.selection.clear()}
      >
        {trans.__('Clear')}
      </button>
    </div>
  );
}

function Foot({ model }: { model: TableModel }): JSX.Element {
  const { trans } = useView();
  const { phase, runs, loaded, pending, outdated, trouble, error } = model;
  const parts: string[] = [];
  if (phase === 'ready') {
    parts.push(trans._n('%1 run', '%1 runs', runs));
    if (model.state.group !== null) {
      parts.push(trans.__('grouped'));
    }
  }
  if (loaded !== null) {
    parts.push(trans.__('%1 loaded, more are on their way…', loaded));
  }
  if (pending > 0) {
    parts.push(trans.__('reading the metrics of %1 runs…', pending));
  }
  if (trouble) {
    parts.push(trouble);
  } else if (error && phase === 'ready') {
    parts.push(trans.__('Not up to date: %1', error.message));
  }
  return (
    <div className="jp-Cellruns-foot">
      <span role="status">{parts.join(' · ')}</span>
      {phase === 'ready' && outdated !== null ? (
        <button
          type="button"
          className="jp-Cellruns-link"
          onClick={() => model.sortAgain()}
        >
          {outdated > 0
            ? trans._n('%1 new · sort again', '%1 new · sort again', outdated)
            : trans.__('Values have changed · sort again')}
        </button>
      ) : null}
    </div>
  );
}

function TableBody(props: {
  model: TableModel;
  choice: IScopeChoice;
  onChoose: (choice: IScopeChoice) => void;
  start: string | null;
  wide: boolean;
  actions: ILineActions;
}): JSX.Element {
  const { model, choice, onChoose, actions, start } = props;
  const { trans } = useView();
  const all = (
    <button
      type="button"
      className="jp-Cellruns-button"
      onClick={() => onChoose({ ...choice, mode: 'all', cell: null })}
    >
      {trans.__('Show all runs')}
    </button>
  );
  switch (model.phase) {
    case 'loading':
      return <Skeleton />;
    case 'error':
      return model.error ? (
        <Failure
          error={model.error}
          onRetry={() => void model.refresh('all')}
        />
      ) : (
        <Skeleton />
      );
    case 'no-notebook':
      return (
        <Notice
          title={trans.__('No notebook is open')}
          text={trans.__('Open one to see its runs here.')}
        >
          {all}
        </Notice>
      );
    case 'no-hits':
      return (
        <Notice
          title={trans.__('No run matches “%1”', model.state.filter.trim())}
          text={trans.__(
            'Words are looked for in names, ids, statuses, users, params and tags; a filter is like: metrics.loss < 0.1'
          )}
        >
          <button
            type="button"
            className="jp-Cellruns-button"
            onClick={() => model.update({ filter: '' })}
          >
            {trans.__('Clear the filter')}
          </button>
        </Notice>
      );
    case 'empty':
      return choice.deleted ? (
        <Notice title={trans.__('No deleted runs')} />
      ) : (
        <Notice
          title={
            choice.mode === 'all'
              ? trans.__('No runs yet')
              : choice.cell
                ? trans.__('No runs of this cell')
                : trans.__('No runs in this notebook yet')
          }
          text={trans.__(
            'Run a cell that logs with MLflow, and it shows up here while it runs:'
          )}
        >
          <CodeSample code={EXAMPLE} />
          {choice.mode === 'all' ? null : all}
        </Notice>
      );
    case 'ready':
      return props.wide ? (
        <TableGrid model={model} actions={actions} start={start} />
      ) : (
        <TableCards model={model} actions={actions} start={start} />
      );
  }
}

function useWidth(element: React.RefObject<HTMLElement>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const node = element.current;
    if (!node) {
      return;
    }
    const read = () => setWidth(node.clientWidth);
    read();
    const observer = new ResizeObserver(read);
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
