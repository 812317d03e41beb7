import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import { formatBytes } from '../text';
import { ExportModel } from './export-model';
import { Button, Failure, Findings, Progress, Verdict } from './parts';
import type { IFinding } from './tokens';

/** The body of the export dialog. `onLeave` closes it, to show a cell. */
export class ExportBody extends ReactWidget {
  constructor(
    private _model: ExportModel,
    private _onLeave: () => void
  ) {
    super();
    this.addClass('jp-Cellruns-export');
  }

  override dispose(): void {
    this._model.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    return (
      <UseSignal signal={this._model.changed}>
        {() => <Body model={this._model} onLeave={this._onLeave} />}
      </UseSignal>
    );
  }
}

function Body(props: {
  model: ExportModel;
  onLeave: () => void;
}): React.JSX.Element {
  const { model } = props;
  const { trans, plan } = model;
  const go = (finding: IFinding): void => {
    if (finding.cell !== null) {
      props.onLeave();
      model.host.goToCell(model.source.path, finding.cell_id, finding.cell);
    }
  };
  return (
    <div className="jp-Cellruns-exportBody" aria-busy={model.isPlanning}>
      <Choices model={model} />
      {model.error && (
        <p className="jp-Cellruns-projectFailure" role="alert">
          {model.error}
        </p>
      )}
      {!plan && !model.error && <p>{trans.__('Looking at the notebook …')}</p>}
      {plan && (
        <>
          <Summary model={model} />
          {plan.findings.length > 0 && (
            <Findings findings={plan.findings} trans={trans} onGo={go} />
          )}
          <Parameters model={model} />
          <Files model={model} />
          <Outcome model={model} onLeave={props.onLeave} />
          <Actions model={model} />
        </>
      )}
    </div>
  );
}

function Choices(props: { model: ExportModel }): React.JSX.Element {
  const { model } = props;
  const { trans } = model;
  return (
    <div className="jp-Cellruns-projectForm">
      <label>
        <span>{trans.__('Folder')}</span>
        <input
          className="jp-mod-styled"
          type="text"
          value={model.folder}
          spellCheck={false}
          onChange={event => model.set({ folder: event.target.value })}
        />
      </label>
      <label>
        <span>{trans.__('Entry point')}</span>
        <select
          className="jp-mod-styled"
          value={model.form}
          onChange={event =>
            model.set({ form: event.target.value as ExportModel['form'] })
          }
        >
          <option value="notebook">
            {trans.__('The notebook, run by papermill')}
          </option>
          <option value="script">{trans.__('A script with arguments')}</option>
        </select>
      </label>
      <label>
        <span>{trans.__('Environment')}</span>
        <select
          className="jp-mod-styled"
          value={model.environment}
          onChange={event =>
            model.set({
              environment: event.target.value as ExportModel['environment']
            })
          }
        >
          <option value="python_env">
            {trans.__('python_env.yaml and requirements.txt')}
          </option>
          <option value="uv">
            {trans.__('the same, and uv.lock for the manager uv')}
          </option>
          <option value="conda">{trans.__('conda.yaml')}</option>
        </select>
      </label>
    </div>
  );
}

/** The order check in one sentence. */
function Summary(props: { model: ExportModel }): React.JSX.Element {
  const { model } = props;
  const { trans, errors } = model;
  const warnings =
    model.plan?.findings.filter(finding => finding.level === 'warning')
      .length ?? 0;
  const level = errors > 0 ? 'error' : warnings > 0 ? 'warning' : 'info';
  return (
    <p className="jp-Cellruns-exportSummary" data-level={level} role="status">
      {errors > 0
        ? trans.__(
            'A fresh kernel would not run this notebook from top to bottom, or not give the same.'
          )
        : warnings > 0
          ? trans.__(
              'A fresh kernel would run this notebook; whether it gives the same is not sure.'
            )
          : trans.__(
              'Nothing speaks against a run from top to bottom in a fresh kernel.'
            )}
    </p>
  );
}

function Parameters(props: { model: ExportModel }): React.JSX.Element {
  const { model } = props;
  const { trans, plan } = model;
  const chosen = model.chosen ?? new Set(plan?.chosen ?? []);
  const found = plan?.parameters ?? [];
  return (
    <section aria-label={trans.__('Parameters')}>
      <h3>{trans.__('Parameters')}</h3>
      {found.length === 0 && (
        <p className="jp-Cellruns-modelFaint">
          {trans.__(
            'None found: no cell is tagged “parameters”, and no constant at top level is read later.'
          )}
        </p>
      )}
      {found.length > 0 && (
        <div
          className="jp-Cellruns-exportScroll"
          tabIndex={0}
          role="region"
          aria-label={trans.__('Parameters')}
        >
          <table className="jp-Cellruns-projectTable">
            <thead>
              <tr>
                <th scope="col">{trans.__('Name')}</th>
                <th scope="col">{trans.__('Type')}</th>
                <th scope="col">{trans.__('Default')}</th>
                <th scope="col">{trans.__('Cell')}</th>
                <th scope="col" />
              </tr>
            </thead>
            <tbody>
              {found.map(one => (
                <tr key={one.name}>
                  <td>
                    <label>
                      <input
                        type="checkbox"
                        checked={chosen.has(one.name)}
                        onChange={event =>
                          model.choose(one.name, event.target.checked)
                        }
                      />{' '}
                      <code>{one.name}</code>
                    </label>
                  </td>
                  <td>{one.type}</td>
                  <td>
                    <code title={one.default}>{one.default}</code>
                  </td>
                  <td>{one.cell + 1}</td>
                  <td className="jp-Cellruns-modelFaint">
                    {one.note || one.comment}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Files(props: { model: ExportModel }): React.JSX.Element {
  const { model } = props;
  const { trans, plan } = model;
  const files = plan?.files ?? [];
  const shown = files.find(file => file.path === model.shown);
  const packages = plan?.packages.length ?? 0;
  return (
    <section aria-label={trans.__('Files')}>
      <h3>
        {trans.__('Files')}{' '}
        <span className="jp-Cellruns-modelFaint">
          {plan?.python
            ? trans.__('Python %1, %2 packages imported', plan.python, packages)
            : trans.__('versions not known')}
        </span>
      </h3>
      <div className="jp-Cellruns-exportFiles">
        <ul role="listbox" aria-label={trans.__('Files')}>
          {files.map(file => (
            <li
              key={file.path}
              role="option"
              aria-selected={file === shown}
              tabIndex={0}
              title={file.path}
              onClick={() => model.show(file.path)}
              onKeyDown={event => {
                if (event.key === 'Enter' || event.key === ' ') {
                  event.preventDefault();
                  model.show(file.path);
                }
              }}
            >
              <span>{file.path}</span>
              <span className="jp-Cellruns-modelFaint">
                {file.replaces ? trans.__('replaces') : formatBytes(file.size)}
              </span>
            </li>
          ))}
        </ul>
        <pre
          tabIndex={0}
          aria-label={trans.__('Preview of %1', shown?.path ?? '')}
        >
          {shown
            ? (shown.text ?? trans.__('Not a text; it is copied as it is.'))
            : ''}
        </pre>
      </div>
    </section>
  );
}

function Actions(props: { model: ExportModel }): React.JSX.Element {
  const { model } = props;
  const { trans, written, proof } = model;
  const isProving = proof !== null && proof.ended === null;
  return (
    <section
      className="jp-Cellruns-exportActions"
      aria-label={trans.__('Export')}
    >
      {model.asks && (
        <div className="jp-Cellruns-projectFailure" role="alert">
          <p>
            {trans.__(
              'The folder holds other files of these names: %1.',
              model.asks.join(', ')
            )}
          </p>
          <Button
            label={trans.__('Replace them')}
            isWarn
            onClick={() => void model.write(true)}
          />
        </div>
      )}
      {!written && !model.asks && (
        <Button
          label={
            model.errors > 0 ? trans.__('Export anyway') : trans.__('Export')
          }
          isMain={model.errors === 0}
          isWarn={model.errors > 0}
          isDisabled={model.isPlanning}
          onClick={() => void model.write(false)}
        />
      )}
      {written && (
        <>
          <p role="status">
            {trans.__(
              '%1 files are in %2.',
              written.written.length,
              written.folder
            )}{' '}
            <button
              type="button"
              className="jp-Cellruns-projectLink"
              onClick={() => model.host.open(`${written.folder}/MLproject`)}
            >
              {trans.__('Open the project')}
            </button>
          </p>
          <div className="jp-Cellruns-projectRow">
            <Button
              label={trans.__('Prove')}
              title={trans.__(
                'Runs the project in an empty folder and compares its metrics with those of the notebook’s last run.'
              )}
              isMain
              isDisabled={isProving}
              onClick={() => void model.prove()}
            />
            <label>
              <span className="jp-Cellruns-modelFaint">
                {trans.__('environment:')}
              </span>{' '}
              <select
                className="jp-mod-styled"
                value={model.manager}
                disabled={isProving}
                onChange={event => model.setManager(event.target.value)}
              >
                {model.managers.map(one => (
                  <option
                    key={one.name}
                    value={one.name}
                    disabled={!one.works}
                    title={one.reason}
                  >
                    {one.name === 'local'
                      ? trans.__('local: the packages here')
                      : trans.__('new, by %1', one.name)}
                    {one.works ? '' : ` – ${one.reason}`}
                  </option>
                ))}
              </select>
            </label>
            {isProving && (
              <>
                <Progress job={proof} trans={trans} />
                <Button
                  label={trans.__('Cancel')}
                  onClick={() => void model.cancelProof()}
                />
              </>
            )}
          </div>
        </>
      )}
    </section>
  );
}

/** How the proof ended; it comes below what may be far down already, so it is scrolled to. */
function Outcome(props: {
  model: ExportModel;
  onLeave: () => void;
}): React.JSX.Element | null {
  const { trans, proof, host, source } = props.model;
  const node = React.useRef<HTMLElement>(null);
  const ended = proof?.ended ?? null;
  React.useEffect(() => {
    if (ended !== null) {
      node.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [ended]);
  if (!proof || ended === null) {
    return null;
  }
  return (
    <section
      ref={node}
      className="jp-Cellruns-exportOutcome"
      aria-label={trans.__('Proof')}
    >
      {proof.verdict && (
        <Verdict
          verdict={proof.verdict}
          trans={trans}
          onRun={id => host.openRun(id)}
          onCell={(id, cell) => {
            props.onLeave();
            host.goToCell(source.path, id, cell);
          }}
        />
      )}
      <Failure job={proof} trans={trans} />
    </section>
  );
}
