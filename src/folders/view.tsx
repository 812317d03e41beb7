import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import React, { useEffect, useMemo, useRef, useState } from 'react';

import { RunsError } from '../client/errors';
import type { IRunsClient, IRunSummary } from '../client/tokens';
import { ViewContext } from '../runs/context';
import { RunDetail } from '../runs/detail';
import { formatNumber, formatTime } from '../runs/format';
import { Failure, Skeleton } from '../runs/states';
import { StatusSign, statusText } from '../runs/status';
import type { IFolder } from './tokens';

/** Runs that are asked for at once. */
const PAGE = 100;
/** Columns of metrics, and of params. */
const MOST_COLUMNS = 8;

/** What the view of a folder is made of. */
export interface IFolderViewOptions {
  client: IRunsClient;
  commands: CommandRegistry;
  trans: TranslationBundle;
  copy: (text: string) => void;
  folder: IFolder;
  /** Asks whether to migrate the folder. */
  migrate: () => void;
}

/** The runs of a folder: a list with a search, and one run in full. */
export class FolderWidget extends ReactWidget {
  constructor(private _options: IFolderViewOptions) {
    super();
    this.addClass('jp-Cellruns');
    this.addClass('jp-Cellruns-panel');
    this.addClass('jp-Cellruns-folder');
  }

  protected render(): JSX.Element {
    return <FolderView {...this._options} />;
  }
}

function FolderView(props: IFolderViewOptions): JSX.Element {
  const { client, commands, trans, copy, folder } = props;
  const [openRun, setOpenRun] = useState<string | null>(null);
  const [text, setText] = useState('');
  const context = useMemo(
    // Notes are shown as text: an old folder may come from anywhere.
    () => ({ trans, commands, copy, markdown: null }),
    [trans, commands, copy]
  );
  return (
    <ViewContext.Provider value={context}>
      <div className="jp-Cellruns-folderBar">
        <span title={folder.location}>
          {trans.__(
            'Runs of an older MLflow, kept as files: shown here, never written to'
          )}
        </span>
        <button
          type="button"
          className="jp-Cellruns-button"
          title={trans.__('Copy these runs into mlflow.db; asks first')}
          onClick={props.migrate}
        >
          {trans.__('Migrate…')}
        </button>
      </div>
      {openRun === null ? (
        <List {...props} text={text} onText={setText} onOpen={setOpenRun} />
      ) : (
        <RunDetail
          key={openRun}
          runId={openRun}
          client={client}
          live={null}
          readOnly
          onBack={() => setOpenRun(null)}
          onOpen={setOpenRun}
        />
      )}
    </ViewContext.Provider>
  );
}

function List(
  props: IFolderViewOptions & {
    text: string;
    onText: (text: string) => void;
    onOpen: (runId: string) => void;
  }
): JSX.Element {
  const { client, trans, text } = props;
  const [runs, setRuns] = useState<IRunSummary[] | null>(null);
  const [total, setTotal] = useState(0);
  const [error, setError] = useState<RunsError | null>(null);
  const asked = useRef(0);
  const load = (offset: number) => {
    const turn = ++asked.current;
    const q = text.trim() || undefined;
    client.runs({ q, limit: PAGE, offset }).then(
      answer => {
        if (turn === asked.current) {
          setError(null);
          setTotal(answer.total);
          setRuns(old =>
            offset > 0 ? [...(old ?? []), ...answer.runs] : answer.runs
          );
        }
      },
      reason => {
        if (turn === asked.current) {
          setError(RunsError.from(reason));
        }
      }
    );
  };
  useEffect(() => {
    const timer = window.setTimeout(() => load(0), text ? 200 : 0);
    return () => window.clearTimeout(timer);
  }, [client, text]);
  return (
    <div className="jp-Cellruns-listView">
      <div className="jp-Cellruns-folderHead">
        <input
          type="search"
          className="jp-mod-styled"
          value={text}
          placeholder={trans.__('Search names, params, tags')}
          aria-label={trans.__('Search names, params, tags')}
          onChange={event => props.onText(event.target.value)}
        />
        <span role="status">
          {runs ? trans._n('%1 run', '%1 runs', total) : ''}
        </span>
      </div>
      {error ? (
        <Failure error={error} onRetry={() => load(0)} />
      ) : runs === null ? (
        <Skeleton />
      ) : (
        <div className="jp-Cellruns-folderRuns">
          <Table runs={runs} trans={trans} onOpen={props.onOpen} />
          {runs.length < total ? (
            <button
              type="button"
              className="jp-Cellruns-button"
              onClick={() => load(runs.length)}
            >
              {trans.__('Show more')}
            </button>
          ) : null}
        </div>
      )}
    </div>
  );
}

function Table(props: {
  runs: readonly IRunSummary[];
  trans: TranslationBundle;
  onOpen: (runId: string) => void;
}): JSX.Element {
  const { runs, trans } = props;
  const metrics = columns(runs, run => Object.keys(run.metrics));
  const params = columns(runs, run => Object.keys(run.params));
  return (
    <table className="jp-Cellruns-folderTable">
      <thead>
        <tr>
          <th scope="col">{trans.__('Run')}</th>
          <th scope="col">{trans.__('Experiment')}</th>
          <th scope="col">{trans.__('Started')}</th>
          {metrics.map(key => (
            <th scope="col" key={`m:${key}`} title={trans.__('Metric')}>
              {key}
            </th>
          ))}
          {params.map(key => (
            <th scope="col" key={`p:${key}`} title={trans.__('Param')}>
              {key}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {runs.map(run => (
          <tr key={run.run_id}>
            <th scope="row">
              <button
                type="button"
                title={statusText(run.status, trans)}
                onClick={() => props.onOpen(run.run_id)}
              >
                <StatusSign status={run.status} />
                {run.name}
              </button>
            </th>
            <td>{run.experiment_name}</td>
            <td>{formatTime(run.start_time)}</td>
            {metrics.map(key => (
              <td key={`m:${key}`} data-number>
                {key in run.metrics ? formatNumber(run.metrics[key].value) : ''}
              </td>
            ))}
            {params.map(key => (
              <td key={`p:${key}`} title={run.params[key]}>
                {run.params[key] ?? ''}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The keys that most runs have, at most so many. */
function columns(
  runs: readonly IRunSummary[],
  keys: (run: IRunSummary) => string[]
): string[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const key of keys(run)) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    .slice(0, MOST_COLUMNS)
    .map(([key]) => key);
}
