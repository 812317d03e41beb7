import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import type { ITrans } from '../text';
import { JobList } from './job-list';
import { JobsModel } from './jobs-model';
import { ProjectModel } from './project-model';
import { ProjectBody } from './project-view';
import type { IProjectHost, IRunRequest } from './tokens';

const EXAMPLE = 'https://github.com/mlflow/mlflow-example';

/** A project by its address: to be looked at, and run. */
export class ProjectPage extends ReactWidget {
  constructor(
    private _host: IProjectHost,
    private _trans: ITrans
  ) {
    super();
    this.addClass('jp-Cellruns-project');
    this._jobs = new JobsModel(_host.client);
    this._jobs.changed.connect(() => this._changed.emit());
  }

  uri = '';
  version = '';
  error: string | null = null;
  commit: string | null = null;

  /** Whether another project, or other values, are on their way. */
  get isLooking(): boolean {
    return this._holds > 0;
  }

  /** Locks the form until the function that it gives is called: what is on its way would replace what is typed. */
  hold(): () => void {
    this._holds += 1;
    this._changed.emit();
    return () => {
      this._holds -= 1;
      this._changed.emit();
    };
  }

  override dispose(): void {
    this._jobs.dispose();
    this._model?.dispose();
    super.dispose();
  }

  /** Shows a project with the parameters of an earlier run. */
  async present(request: IRunRequest): Promise<void> {
    this.uri = request.uri;
    this.version = request.version;
    const release = this.hold();
    try {
      const isShown = await this.look();
      const model = this._model;
      if (model && isShown) {
        model.choose({
          entryName: request.entry_point,
          manager: request.env_manager,
          experiment: request.experiment
        });
        for (const [name, value] of Object.entries(request.parameters)) {
          model.give(name, value);
        }
      }
    } finally {
      release();
    }
  }

  /** Fetches the MLproject of the address; whether it is shown now. Of several at once the last one counts. */
  async look(): Promise<boolean> {
    const look = ++this._look;
    this.error = null;
    this.commit = null;
    const release = this.hold();
    try {
      const uri = this.uri.trim();
      const found = await this._host.client.fetch(uri, this.version.trim());
      if (look !== this._look || this.isDisposed) {
        return false;
      }
      const model = (this._model ??= new ProjectModel(this._host, this._trans));
      model.version = this.version.trim();
      model.setText(
        uri,
        'MLproject',
        found.texts.MLproject ?? null,
        found.files
      );
      this.commit = found.commit;
      return true;
    } catch (error) {
      if (look !== this._look) {
        return false;
      }
      const hint = (error as { hint?: string }).hint ?? '';
      this.error =
        error instanceof Error ? `${error.message} ${hint}` : String(error);
      return false;
    } finally {
      release();
    }
  }

  protected override onAfterShow(): void {
    this._jobs.isVisible = true;
    void this._jobs.wake();
  }

  protected override onAfterHide(): void {
    this._jobs.isVisible = false;
  }

  protected override render(): React.JSX.Element {
    return <UseSignal signal={this._changed}>{() => this._body()}</UseSignal>;
  }

  private _body(): React.JSX.Element {
    const trans = this._trans;
    return (
      <>
        <header className="jp-Cellruns-projectHead">
          <h2>{trans.__('Run a project')}</h2>
        </header>
        <form
          className="jp-Cellruns-projectForm"
          onSubmit={event => {
            event.preventDefault();
            void this.look();
          }}
        >
          <label>
            <span>{trans.__('Folder or Git address')}</span>
            <input
              className="jp-mod-styled"
              type="text"
              value={this.uri}
              spellCheck={false}
              placeholder={EXAMPLE}
              onChange={event => {
                this.uri = event.target.value;
                this._changed.emit();
              }}
            />
          </label>
          <label>
            <span>{trans.__('Branch, tag or commit')}</span>
            <input
              className="jp-mod-styled"
              type="text"
              value={this.version}
              spellCheck={false}
              onChange={event => {
                this.version = event.target.value;
                this._changed.emit();
              }}
            />
          </label>
          <div className="jp-Cellruns-projectRow">
            <button
              type="submit"
              className="jp-Cellruns-projectButton jp-mod-styled jp-mod-accept"
              disabled={this.isLooking || this.uri.trim() === ''}
            >
              {this.isLooking ? trans.__('Looking …') : trans.__('Look')}
            </button>
            {this.commit && (
              <span className="jp-Cellruns-modelFaint">
                {trans.__('Commit %1', this.commit.slice(0, 10))}
              </span>
            )}
          </div>
          {this.error && (
            <p className="jp-Cellruns-projectFailure" role="alert">
              {this.error}
            </p>
          )}
        </form>
        {this._model && !this.error ? (
          <Embedded model={this._model} isLocked={this.isLooking} />
        ) : (
          <JobList model={this._jobs} host={this._host} trans={trans} />
        )}
      </>
    );
  }

  private _changed = new Signal<this, void>(this);
  private _holds = 0;
  private _look = 0;
  private _jobs: JobsModel;
  private _model: ProjectModel | null = null;
}

/** The view of a project inside another one. */
function Embedded(props: {
  model: ProjectModel;
  isLocked: boolean;
}): React.JSX.Element {
  return (
    <UseSignal signal={props.model.changed}>
      {() => (
        <ProjectBody
          model={props.model}
          isLocked={props.isLocked}
          onDefaults={null}
          onLine={null}
        />
      )}
    </UseSignal>
  );
}
