import * as React from 'react';

import { IServer, isServing } from './jobs';
import { parsePythonJSON } from '../yaml/json';
import { ModelView } from './model';
import { parseExample } from './example';
import { cellText } from './outputTable';
import { Button, Section, Table } from './parts';
import { IAnswer } from './serveModel';
import { formatBytes, ITrans } from '../text';

/** “Serve”: `mlflow models serve` for this model, a request, its answer, the log. */
export function ServePanel(props: {
  view: ModelView;
}): React.JSX.Element | null {
  const { view } = props;
  const { trans, serving, file, kernel } = view;
  if (!file?.flavors.some(flavor => flavor.name === 'python_function')) {
    return null;
  }
  const { server, answer } = serving;
  const isOn = server !== null && isServing(server);
  return (
    <Section
      title={trans.__('Serve on this machine')}
      note={server ? stateWords(server, trans) : trans.__('not started')}
      isClosed={!server}
    >
      <div className="jp-Cellruns-modelBar">
        {isOn ? (
          <Button
            label={trans.__('Stop')}
            isDisabled={serving.isBusy}
            onClick={() => void serving.stop()}
          />
        ) : (
          <Button
            label={trans.__('Start')}
            isDisabled={serving.isBusy || !kernel}
            title={trans.__(
              'mlflow models serve, with the packages of the kernel chosen above; stopped with the Jupyter server'
            )}
            onClick={() => void serving.start()}
          />
        )}
        {server && (
          <span role="status" data-state={server.state}>
            <span
              className="jp-Cellruns-modelDot"
              data-state={server.state}
              aria-hidden
            />{' '}
            {stateWords(server, trans)}
            {isOn && server.port !== null && (
              <span className="jp-Cellruns-modelFaint">
                {' '}
                <code>{`http://127.0.0.1:${server.port}/invocations`}</code>
                {server.memory > 0 && ` · ${formatBytes(server.memory)}`}
              </span>
            )}
          </span>
        )}
      </div>
      {(serving.error || (server?.state === 'failed' && server.message)) && (
        <p className="jp-Cellruns-modelProblem" role="alert">
          {serving.error ?? server?.message}
        </p>
      )}
      {isOn && (
        <div className="jp-Cellruns-modelColumns">
          <div className="jp-Cellruns-modelInput">
            <label>
              {trans.__('Request body')}
              <textarea
                className="jp-Cellruns-modelText"
                spellCheck={false}
                rows={8}
                value={serving.body}
                onChange={event => (serving.body = event.target.value)}
              />
            </label>
            <div className="jp-Cellruns-modelBar">
              <Button
                label={trans.__('Send')}
                isDisabled={serving.isBusy || server.state !== 'ready'}
                onClick={() => void serving.send()}
              />
              <span className="jp-Cellruns-modelFaint">
                {server.state === 'ready'
                  ? trans.__('Sent through this Jupyter server.')
                  : trans.__('It can be asked as soon as it is ready.')}
              </span>
            </div>
          </div>
          <div className="jp-Cellruns-modelOutput" aria-live="polite">
            {answer && <Answer answer={answer} trans={trans} />}
          </div>
        </div>
      )}
      {server && server.log.length > 0 && (
        <details
          className="jp-Cellruns-modelLog"
          open={server.state === 'failed'}
        >
          <summary>{trans.__('Log (%1 lines)', server.log.length)}</summary>
          <pre className="jp-Cellruns-modelPre" tabIndex={0}>
            {server.log.join('\n')}
          </pre>
        </details>
      )}
    </Section>
  );
}

function Answer(props: { answer: IAnswer; trans: ITrans }): React.JSX.Element {
  const { answer, trans } = props;
  const isGood = answer.status < 300;
  const table = isGood ? predictions(answer.text) : null;
  return (
    <>
      <p className={isGood ? undefined : 'jp-Cellruns-modelProblem'}>
        <strong>{answer.status}</strong>{' '}
        <span className="jp-Cellruns-modelFaint">
          {trans.__('%1 ms', answer.ms)} · {answer.content_type}
        </span>
      </p>
      {table ? (
        <Table
          label={trans.__('Predictions')}
          head={table.head}
          rows={table.rows}
        />
      ) : (
        <pre className="jp-Cellruns-modelPre" tabIndex={0}>
          {isGood ? answer.text : errorText(answer.text)}
        </pre>
      )}
    </>
  );
}

/** The `predictions` of an answer as a table, where they are one. */
function predictions(
  text: string
): { head: string[]; rows: string[][] } | null {
  try {
    const value = parsePythonJSON(text);
    const inner =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? value.predictions
        : undefined;
    if (inner === undefined) {
      return null;
    }
    const list = Array.isArray(inner) ? inner.slice(0, 200) : null;
    if (list?.length && list.every(item => typeof item !== 'object')) {
      return { head: ['prediction'], rows: list.map(item => [cellText(item)]) };
    }
    const example = parseExample(JSON.stringify(inner));
    return example.kind === 'table'
      ? {
          head: example.columns,
          rows: example.rows.map(row => row.map(cellText))
        }
      : null;
  } catch {
    return null;
  }
}

function errorText(text: string): string {
  try {
    const said = JSON.parse(text) as { message?: unknown; detail?: unknown };
    return typeof said.message === 'string' ? said.message : text;
  } catch {
    return text;
  }
}

function stateWords(server: IServer, trans: ITrans): string {
  switch (server.state) {
    case 'copy':
      return trans.__('fetching the model');
    case 'starting':
      return trans.__('starting');
    case 'ready':
      return trans.__('ready on port %1', server.port ?? 0);
    case 'failed':
      return trans.__('failed');
    case 'stopped':
      return trans.__('stopped');
  }
}
