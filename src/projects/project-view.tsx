import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import { JobList } from './job-list';
import { IParameter } from './mlproject';
import { Button } from './parts';
import { MAX_SWEEP, ProjectModel } from './project-model';
import { kindOf } from './values';

/** The view of a project: form, command, jobs. `onDefaults` puts the form's values into the file, null without a file. */
export class ProjectView extends ReactWidget {
  constructor(
    readonly model: ProjectModel,
    private _onDefaults: (() => void) | null,
    private _onLine: ((line: number, column: number) => void) | null
  ) {
    super();
    this.addClass('jp-Cellruns-project');
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override onAfterShow(): void {
    this.model.jobs.isVisible = true;
    void this.model.jobs.wake();
  }

  protected override onAfterHide(): void {
    this.model.jobs.isVisible = false;
  }

  protected override render(): React.JSX.Element {
    return (
      <UseSignal signal={this.model.changed}>
        {() => (
          <ProjectBody
            model={this.model}
            isLocked={false}
            onDefaults={this._onDefaults}
            onLine={this._onLine}
          />
        )}
      </UseSignal>
    );
  }
}

/** The form and the jobs of a project; a form that is locked takes nothing. */
export function ProjectBody(props: {
  model: ProjectModel;
  isLocked: boolean;
  onDefaults: (() => void) | null;
  onLine: ((line: number, column: number) => void) | null;
}): React.JSX.Element {
  const { model } = props;
  const { trans, project, error } = model;
  const at = (line: number, column: number): React.JSX.Element =>
    props.onLine ? (
      <button
        type="button"
        className="jp-Cellruns-projectLink"
        onClick={() => props.onLine?.(line, column)}
      >
        {trans.__('Line %1, column %2', line, column)}
      </button>
    ) : (
      <>{trans.__('Line %1, column %2', line, column)}</>
    );
  return (
    <>
      <header className="jp-Cellruns-projectHead">
        <h2>
          {project?.name ?? (model.uri.split('/').pop() || trans.__('Project'))}
        </h2>
        <span className="jp-Cellruns-modelFaint">
          {environmentWords(model)}
        </span>
      </header>
      {error && (
        <div className="jp-Cellruns-projectFailure" role="alert">
          <p>
            <strong>{trans.__('MLflow refuses this file.')}</strong>{' '}
            {at(error.position.line, error.position.column)}: {error.message}{' '}
            {error.hint}
          </p>
        </div>
      )}
      {model.warnings.length > 0 && !error && (
        <ul className="jp-Cellruns-projectFindings">
          {model.warnings.map((notice, index) => (
            <li key={index} data-level="warning">
              <span className="jp-Cellruns-projectLevel">
                {trans.__('Warning')}
              </span>
              <span>
                {at(notice.line, notice.column)}: {notice.message} {notice.hint}
              </span>
            </li>
          ))}
        </ul>
      )}
      {project && !error && (
        <fieldset
          className="jp-Cellruns-projectFields"
          disabled={props.isLocked}
        >
          <RunForm model={model} onDefaults={props.onDefaults} />
        </fieldset>
      )}
      <JobList model={model.jobs} host={model.host} trans={trans} />
      <Models model={model} />
    </>
  );
}

/** The models that runs of the project have logged, each a link as its run is. */
function Models(props: { model: ProjectModel }): React.JSX.Element | null {
  const { models, trans, host } = props.model;
  if (models.length === 0) {
    return null;
  }
  return (
    <section
      className="jp-Cellruns-projectJobs"
      aria-label={trans.__('Models of this project')}
    >
      <h3>{trans.__('Models')}</h3>
      <ul className="jp-Cellruns-projectModels">
        {models.map(({ id, run, store }) => (
          <li key={id}>
            <button
              type="button"
              className="jp-Cellruns-projectLink"
              onClick={() => host.openModel(`models:/${id}`, run.run_id, store)}
            >
              {id}
            </button>{' '}
            <span className="jp-Cellruns-modelFaint">{trans.__('of run')}</span>{' '}
            <button
              type="button"
              className="jp-Cellruns-projectLink"
              onClick={() => host.openRun(run.run_id, store)}
            >
              {run.name || run.run_id}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function environmentWords(model: ProjectModel): string {
  const { trans, project } = model;
  const environment = project?.environment;
  const locked = (words: string): string =>
    model.hasLock ? trans.__('%1; uv.lock by the manager uv', words) : words;
  switch (environment?.kind) {
    case 'docker':
      return trans.__('Docker image %1', environment.docker.image);
    case 'databricks':
      return trans.__(
        'Databricks Spark job: MLflow runs it on Databricks only'
      );
    case 'conda':
      return locked(environment.path);
    case 'python':
      return locked(environment.path ?? trans.__('no environment named'));
    default:
      return '';
  }
}

function RunForm(props: {
  model: ProjectModel;
  onDefaults: (() => void) | null;
}): React.JSX.Element {
  const { model } = props;
  const { trans, entry, project } = model;
  const rows = model.rows.length;
  const names = project?.entryPoints.map(point => point.name) ?? [];
  const changed = (entry?.parameters ?? []).some(
    one => model.given.has(one.name) && model.valueOf(one) !== one.default
  );
  return (
    <form
      className="jp-Cellruns-projectForm"
      onSubmit={event => {
        event.preventDefault();
        if (model.isValid && !model.isStarting) {
          void model.run();
        }
      }}
    >
      {names.length + model.scripts.length > 1 && (
        <label>
          <span>{trans.__('Entry point')}</span>
          <select
            className="jp-mod-styled"
            value={model.entryName}
            onChange={event => model.choose({ entryName: event.target.value })}
          >
            {names.map(name => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            {model.scripts
              .filter(name => !names.includes(name))
              .map(name => (
                <option key={name} value={name}>
                  {trans.__('%1 (script)', name)}
                </option>
              ))}
          </select>
        </label>
      )}
      {!entry && (
        <p className="jp-Cellruns-modelFaint">
          {trans.__('There is no entry point to run.')}
        </p>
      )}
      {entry?.parameters.map(parameter => (
        <Field
          key={`${entry.name}.${parameter.name}`}
          model={model}
          parameter={parameter}
        />
      ))}
      <label>
        <span>{trans.__('Environment by')}</span>
        <select
          className="jp-mod-styled"
          value={model.manager}
          onChange={event => model.choose({ manager: event.target.value })}
        >
          <option value="">{trans.__('MLflow’s own choice')}</option>
          {model.managers.map(one => (
            <option key={one.name} value={one.name} disabled={!one.works}>
              {one.name === 'local'
                ? trans.__('local: the packages here')
                : one.name}
              {one.works ? '' : ` – ${one.reason}`}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{trans.__('Experiment')}</span>
        <input
          className="jp-mod-styled"
          type="text"
          value={model.experiment}
          placeholder={trans.__('Default')}
          onChange={event => model.choose({ experiment: event.target.value })}
        />
      </label>
      <label className="jp-Cellruns-projectCheck">
        <span>{trans.__('Sweep')}</span>
        <span>
          <input
            type="checkbox"
            checked={model.isSweep}
            onChange={event => model.choose({ isSweep: event.target.checked })}
          />{' '}
          <span className="jp-Cellruns-modelFaint">
            {trans.__(
              'several values per field: 0.1, 0.2 or 0:1:5 (from, to, count)'
            )}
          </span>
        </span>
      </label>
      {model.isSweep && (
        <label>
          <span>{trans.__('Values')}</span>
          <select
            className="jp-mod-styled"
            value={model.sweepKind}
            onChange={event =>
              model.choose({
                sweepKind: event.target.value as ProjectModel['sweepKind']
              })
            }
          >
            <option value="grid">{trans.__('grid: all combinations')}</option>
            <option value="list">
              {trans.__('list: the first of each field, then the second …')}
            </option>
          </select>
        </label>
      )}
      {model.isSweep && model.sweepKind === 'list' && rows === 0 && (
        <p className="jp-Cellruns-projectFailure" role="alert">
          {trans.__('A list wants as many values in each field, or one.')}
        </p>
      )}
      {model.isSweep && (
        <label>
          <span>{trans.__('Runs at once')}</span>
          <input
            className="jp-mod-styled"
            type="number"
            min={1}
            max={16}
            value={model.atOnce}
            onChange={event =>
              model.choose({
                atOnce: Math.min(
                  16,
                  Math.max(1, Number(event.target.value) || 1)
                )
              })
            }
          />
        </label>
      )}
      <div
        className="jp-Cellruns-projectPreview"
        aria-label={trans.__('Command')}
        role="group"
      >
        <code>{model.preview.outer}</code>
        <code className="jp-Cellruns-modelFaint">{model.preview.inner}</code>
      </div>
      {model.startError && (
        <p className="jp-Cellruns-projectFailure" role="alert">
          {model.startError}
        </p>
      )}
      {rows > MAX_SWEEP && (
        <p className="jp-Cellruns-projectFailure" role="alert">
          {trans.__(
            '%1 runs are too many for one sweep; at most %2.',
            rows,
            MAX_SWEEP
          )}
        </p>
      )}
      <div className="jp-Cellruns-projectRow">
        <button
          type="submit"
          className="jp-Cellruns-projectButton jp-mod-styled jp-mod-accept"
          disabled={!model.isValid || model.isStarting}
        >
          {model.isSweep && rows > 1
            ? trans.__('Run %1 times', rows)
            : trans.__('Run')}
        </button>
        <Button
          label={trans.__('Copy the command')}
          onClick={() => model.host.copy(model.preview.outer)}
        />
        {props.onDefaults && changed && !model.isSweep && (
          <Button
            label={trans.__('Keep as defaults')}
            title={trans.__(
              'Writes the values into the MLproject file; comments and order stay.'
            )}
            onClick={props.onDefaults}
          />
        )}
      </div>
    </form>
  );
}

function Field(props: {
  model: ProjectModel;
  parameter: IParameter;
}): React.JSX.Element {
  const { model, parameter } = props;
  const id = React.useId();
  const problem = model.problemOf(parameter);
  const kind = kindOf(parameter.type);
  return (
    <label>
      <span title={parameter.description ?? undefined}>
        {parameter.name}{' '}
        <span className="jp-Cellruns-modelFaint">{parameter.type}</span>
      </span>
      <span className="jp-Cellruns-projectField">
        <input
          className="jp-mod-styled"
          type="text"
          inputMode={kind === 'float' || kind === 'int' ? 'decimal' : undefined}
          value={model.valueOf(parameter)}
          spellCheck={false}
          aria-invalid={problem !== null}
          aria-describedby={problem ? id : undefined}
          onChange={event => model.give(parameter.name, event.target.value)}
        />
        {problem && (
          <span id={id} className="jp-Cellruns-projectProblem">
            {problem}
          </span>
        )}
        {!problem && parameter.description && (
          <span className="jp-Cellruns-modelFaint">
            {parameter.description}
          </span>
        )}
      </span>
    </label>
  );
}
