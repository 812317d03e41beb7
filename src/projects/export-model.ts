import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { ITrans } from '../text';
import type {
  EnvironmentForm,
  Form,
  IExecution,
  IJob,
  IPlan,
  IPlanRequest,
  IProjectHost
} from './tokens';

/** The notebook that is exported: asked again for each plan, since it may have been edited meanwhile. */
export interface IExportSource {
  path: string;
  content(): unknown;
  kernel: string | null;
  kernelName: string | null;
  history(): Promise<IExecution[]>;
  seen(): Promise<Record<string, string | null>>;
}

/** Milliseconds of quiet after a change of the form before it is planned anew. */
const QUIET = 300;
const LOOK_AGAIN = 1000;

/** State of the export dialog: what is chosen, what would be written, what came of it. */
export class ExportModel implements IDisposable {
  constructor(
    readonly host: IProjectHost,
    readonly source: IExportSource,
    readonly trans: ITrans
  ) {
    const slash = source.path.lastIndexOf('/');
    const stem = source.path.slice(slash + 1).replace(/\.ipynb$/, '');
    this.folder = `${source.path.slice(0, slash + 1)}${stem}-project`;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  form: Form = 'notebook';
  environment: EnvironmentForm = 'python_env';
  folder: string;
  /** Chosen names; null: those that the analysis proposes. */
  chosen: Set<string> | null = null;
  plan: IPlan | null = null;
  isPlanning = false;
  error: string | null = null;
  /** Path of the file whose preview is shown. */
  shown = 'MLproject';
  /** Files that would be replaced: the user is asked. */
  asks: string[] | null = null;
  written: { folder: string; written: string[] } | null = null;
  proof: IJob | null = null;
  /** Manager for the proof. */
  manager = 'uv';
  managers: { name: string; works: boolean; reason: string }[] = [];

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get errors(): number {
    return (
      this.plan?.findings.filter(finding => finding.level === 'error').length ??
      0
    );
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  /** Asks what there is; called once. */
  async start(): Promise<void> {
    const managers = this.host.client
      .managers()
      .catch(() => ({ managers: [] }));
    // A store that sleeps and a busy kernel take their time: the dialog does not wait for them.
    const known = Promise.all([
      this.source.history().catch(() => []),
      this.source.seen().catch(() => ({}))
    ]);
    void known.then(([history, seen]) => {
      this._history = history;
      this._seen = seen;
      if (history.length > 0 || Object.keys(seen).length > 0) {
        void this.replan();
      }
    });
    await this.replan();
    // A job that was started before the dialog was closed is still there.
    const jobs = await this.host.client.jobs().catch(() => []);
    const running = jobs.find(
      job =>
        job.kind === 'proof' &&
        job.ended === null &&
        job.request.uri.endsWith(`/${this.folder}`)
    );
    this.managers = (await managers).managers;
    if (!this.managers.some(one => one.name === this.manager && one.works)) {
      this.manager = this.managers.find(one => one.works)?.name ?? 'local';
    }
    if (running) {
      this.proof = running;
      void this._follow();
    }
    this._emit();
  }

  /** Changes the form; the plan follows. */
  set(
    values: Partial<Pick<ExportModel, 'form' | 'environment' | 'folder'>>
  ): void {
    Object.assign(this, values);
    this.asks = null;
    this.written = null;
    this._later();
  }

  choose(name: string, isChosen: boolean): void {
    this.chosen ??= new Set(this.plan?.chosen ?? []);
    if (isChosen) {
      this.chosen.add(name);
    } else {
      this.chosen.delete(name);
    }
    this.asks = null;
    this.written = null;
    this._later();
  }

  show(path: string): void {
    this.shown = path;
    this._emit();
  }

  setManager(name: string): void {
    this.manager = name;
    this._emit();
  }

  async replan(): Promise<void> {
    const round = ++this._round;
    this.isPlanning = true;
    this._emit();
    try {
      const plan = await this.host.client.plan(this._request());
      if (round === this._round) {
        this.plan = plan;
        this.error = null;
        if (!plan.files.some(file => file.path === this.shown)) {
          this.shown = plan.files[0]?.path ?? '';
        }
      }
    } catch (error) {
      if (round === this._round) {
        this.error = text(error);
      }
    }
    if (round === this._round) {
      this.isPlanning = false;
      this._emit();
    }
  }

  /** Writes the files; what is in the way is asked about first. */
  async write(overwrite: boolean): Promise<boolean> {
    const replaced =
      this.plan?.files.filter(file => file.replaces).map(file => file.path) ??
      [];
    if (replaced.length > 0 && !overwrite) {
      this.asks = replaced;
      this._emit();
      return false;
    }
    try {
      const request = { ...this._request(), overwrite };
      this.written = await this.host.client.export(request);
      this.asks = null;
      this.error = null;
      await this.replan();
      return true;
    } catch (error) {
      // Somebody may have written there meanwhile: that is asked about, anything else told.
      const said = text(error);
      await this.replan();
      const there = this.plan?.files.filter(file => file.replaces) ?? [];
      if (!overwrite && there.length > 0) {
        this.asks = there.map(file => file.path);
      } else {
        this.error = said;
      }
      this._emit();
      return false;
    }
  }

  /** Runs what was written in a clean place, and compares. */
  async prove(): Promise<void> {
    if (!this.written) {
      return;
    }
    try {
      this.proof = await this.host.client.start({
        kind: 'proof',
        uri: this.written.folder,
        notebook: this.source.path,
        env_manager: this.manager,
        kernel: this.source.kernel,
        kernel_name: this.source.kernelName
      });
      this.error = null;
      this._emit();
      await this._follow();
    } catch (error) {
      this.error = text(error);
      this._emit();
    }
  }

  async cancelProof(): Promise<void> {
    if (this.proof) {
      await this.host.client.end(this.proof.id);
    }
  }

  private async _follow(): Promise<void> {
    while (this.proof && this.proof.ended === null && !this._isDisposed) {
      await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN));
      const job = await this.host.client.job(this.proof.id).catch(() => null);
      if (job) {
        this.proof = job;
        this._emit();
      }
    }
  }

  private _request(): IPlanRequest {
    const { source } = this;
    return {
      path: source.path,
      content: source.content(),
      kernel: source.kernel,
      kernel_name: source.kernelName,
      form: this.form,
      environment: this.environment,
      parameters: this.chosen ? [...this.chosen] : null,
      name: '',
      folder: this.folder,
      history: this._history,
      seen: this._seen
    };
  }

  private _later(): void {
    this.isPlanning = true;
    this._emit();
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this.replan(), QUIET);
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _history: IExecution[] = [];
  private _isDisposed = false;
  private _round = 0;
  private _seen: Record<string, string | null> = {};
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

function text(error: unknown): string {
  if (error instanceof Error) {
    const hint = (error as { hint?: string }).hint;
    return hint ? `${error.message} ${hint}` : error.message;
  }
  return String(error);
}
