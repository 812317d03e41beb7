import * as React from 'react';

import { ITry, TryPhase } from './jobs';
import { ModelView } from './model';
import { OutputTable } from './outputTable';
import { Button, Section } from './parts';
import { formatBytes, ITrans } from '../text';

const SECONDS = [30, 120, 600, 3600];
const MEMORY = [1024, 4096, 16384, 65536];

/** “Try it”: the model on its example or on an edited input, in a process of its own. */
export function TryPanel(props: { view: ModelView }): React.JSX.Element | null {
  const { view } = props;
  const { trans, tries, file, kernel } = view;
  if (!file?.flavors.some(flavor => flavor.name === 'python_function')) {
    return null;
  }
  const { current } = tries;
  return (
    <Section
      title={trans.__('Try it')}
      note={trans.__('in a process of its own, with the kernel’s packages')}
    >
      <div className="jp-Cellruns-modelColumns">
        <div className="jp-Cellruns-modelInput">
          <label>
            {trans.__('Input (JSON)')}
            <textarea
              className="jp-Cellruns-modelText"
              spellCheck={false}
              rows={8}
              value={tries.input}
              onChange={event => (tries.input = event.target.value)}
            />
          </label>
          <p className="jp-Cellruns-modelFaint">
            {tries.isExample
              ? trans.__('The input example, as MLflow loads it.')
              : view.exampleText !== null
                ? trans.__('Edited. A table, an array, or a request body.')
                : trans.__('Made from the signature: put your values in.')}
          </p>
          {file.signature?.params?.length ? (
            <label>
              {trans.__('Params (JSON)')}
              <textarea
                className="jp-Cellruns-modelText"
                spellCheck={false}
                rows={3}
                value={tries.params}
                onChange={event => (tries.params = event.target.value)}
              />
            </label>
          ) : null}
          <div className="jp-Cellruns-modelBar">
            {tries.isRunning ? (
              <Button
                label={trans.__('Cancel')}
                onClick={() => void tries.cancel()}
              />
            ) : (
              <Button
                label={trans.__('Run')}
                isDisabled={!kernel}
                onClick={() => void tries.run()}
              />
            )}
            {!tries.isExample && view.exampleText !== null && (
              <Button
                label={trans.__('Back to the example')}
                onClick={() => tries.reset()}
              />
            )}
            <Choice
              label={trans.__('Time')}
              values={SECONDS}
              value={tries.seconds}
              words={value =>
                value < 60
                  ? trans.__('%1 s', value)
                  : trans.__('%1 min', value / 60)
              }
              choose={value => (tries.seconds = value)}
            />
            <Choice
              label={trans.__('Memory')}
              values={MEMORY}
              value={tries.memoryMiB}
              words={value => trans.__('%1 GiB', value / 1024)}
              choose={value => (tries.memoryMiB = value)}
            />
          </div>
        </div>
        <div className="jp-Cellruns-modelOutput" aria-live="polite">
          {tries.error && (
            <p className="jp-Cellruns-modelProblem" role="alert">
              {tries.error}
            </p>
          )}
          {current ? (
            <Outcome current={current} trans={trans} />
          ) : (
            !tries.error && (
              <p className="jp-Cellruns-modelFaint">
                {trans.__(
                  'The output appears here, checked against the signature. The kernel is not touched.'
                )}
              </p>
            )
          )}
        </div>
      </div>
    </Section>
  );
}

function Outcome(props: { current: ITry; trans: ITrans }): React.JSX.Element {
  const { current, trans } = props;
  const { result, error, log } = current;
  const seconds = trans.__('%1 s', current.seconds.toFixed(1));
  return (
    <>
      {current.state === 'running' && (
        <p role="status">
          <span className="jp-Cellruns-modelSpinner" aria-hidden />{' '}
          {phaseWords(current.phase, trans)}{' '}
          <span className="jp-Cellruns-modelFaint">
            {seconds} · {formatBytes(current.memory)}
          </span>
        </p>
      )}
      {result && (
        <>
          <p>
            {result.type}
            <span className="jp-Cellruns-modelFaint">
              {' '}
              {trans.__('from %1', result.given)} ·{' '}
              {trans.__(
                'loaded in %1 s, predicted in %2 ms, at most %3',
                result.seconds.load.toFixed(1),
                (result.seconds.predict * 1000).toPrecision(3),
                formatBytes(current.memory)
              )}
              {current.mlflow && ` · MLflow ${current.mlflow}`}
            </span>
          </p>
          <OutputTable output={result} trans={trans} />
          <ul className="jp-Cellruns-modelChecks">
            {result.checks.map(check => (
              <li key={check.text} data-ok={check.ok}>
                <span aria-hidden>{check.ok ? '✓' : '✗'}</span>
                <span>
                  {check.ok
                    ? trans.__('as in the signature:')
                    : trans.__('differs from the signature:')}{' '}
                  {check.text}
                </span>
              </li>
            ))}
          </ul>
          {result.checks.length === 0 && (
            <p className="jp-Cellruns-modelFaint">
              {trans.__('The signature says nothing about outputs.')}
            </p>
          )}
        </>
      )}
      {current.state !== 'running' && !result && (
        <div className="jp-Cellruns-modelProblem" role="alert">
          <strong>{stateWords(current, trans)}</strong>
          {error && <p>{error.error}</p>}
          {error?.trace && (
            <details>
              <summary>{trans.__('Traceback')}</summary>
              <pre className="jp-Cellruns-modelPre">{error.trace}</pre>
            </details>
          )}
        </div>
      )}
      {log.length > 0 && (
        <details className="jp-Cellruns-modelLog">
          <summary>{trans.__('What it printed (%1)', log.length)}</summary>
          <pre className="jp-Cellruns-modelPre">{log.join('\n')}</pre>
        </details>
      )}
    </>
  );
}

function Choice(props: {
  label: string;
  values: number[];
  value: number;
  words: (value: number) => string;
  choose: (value: number) => void;
}): React.JSX.Element {
  const [value, setValue] = React.useState(props.value);
  return (
    <label>
      {props.label}{' '}
      <select
        className="jp-Cellruns-modelSelect"
        value={value}
        onChange={event => {
          const chosen = Number(event.target.value);
          setValue(chosen);
          props.choose(chosen);
        }}
      >
        {props.values.map(item => (
          <option key={item} value={item}>
            {props.words(item)}
          </option>
        ))}
      </select>
    </label>
  );
}

function phaseWords(phase: TryPhase, trans: ITrans): string {
  switch (phase) {
    case 'copy':
      return trans.__('Fetching the model…');
    case 'start':
      return trans.__('Starting Python…');
    case 'import':
      return trans.__('Importing MLflow…');
    case 'load':
      return trans.__('Loading the model…');
    case 'input':
      return trans.__('Reading the input…');
    case 'predict':
      return trans.__('Predicting…');
  }
}

function stateWords(current: ITry, trans: ITrans): string {
  switch (current.state) {
    case 'cancelled':
      return trans.__('Cancelled.');
    case 'time':
      return trans.__(
        'Stopped: it took longer than allowed. It was at: %1',
        phaseWords(current.phase, trans)
      );
    case 'memory':
      return trans.__(
        'Stopped: it used more memory than allowed (%1).',
        formatBytes(current.memory)
      );
    default:
      switch (current.error?.where) {
        case 'copy':
          return trans.__('The model could not be fetched.');
        case 'import':
          return trans.__('MLflow cannot be imported in this environment.');
        case 'load':
          return trans.__('The model does not load in this environment.');
        case 'input':
          return trans.__('The input cannot be read.');
        case 'predict':
          return trans.__('The model refused the input, or failed.');
        default:
          return trans.__('It failed.');
      }
  }
}
