import { Signal, type ISignal } from '@lumino/signaling';

import { RunsError } from '../client/errors';
import type { IArtifact, IRunsClient } from '../client/tokens';
import {
  PREVIEW_BYTES,
  PREVIEW_IMAGE_BYTES,
  PREVIEW_ROWS,
  imageType,
  parseTable,
  prettyJSON,
  previewKind
} from './preview';

/** What is shown of the chosen artifact. */
export type Preview =
  | { kind: 'loading' }
  | { kind: 'text'; text: string; truncated: boolean }
  | { kind: 'table'; rows: string[][]; truncated: boolean }
  | { kind: 'image'; blob: Blob }
  | { kind: 'none' }
  | { kind: 'error'; error: RunsError };

/** One line of the tree of artifacts. */
export interface IArtifactRow {
  readonly file: IArtifact;
  readonly depth: number;
  readonly expanded: boolean;
  readonly loading: boolean;
}

/** The artifacts of a run: a tree that loads folder by folder, and one preview. Knows no DOM. */
export class ArtifactsModel {
  constructor(client: IRunsClient, runId: string) {
    this._client = client;
    this._runId = runId;
    void this._list('');
  }

  /** Id of the run. */
  get runId(): string {
    return this._runId;
  }

  /** Emitted when anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get error(): RunsError | null {
    return this._error;
  }

  /** The top folder has been listed. */
  get isLoaded(): boolean {
    return this._folders.has('');
  }

  get selected(): IArtifact | null {
    return this._selected;
  }

  get preview(): Preview | null {
    return this._preview;
  }

  get rows(): IArtifactRow[] {
    const rows: IArtifactRow[] = [];
    const add = (folder: string, depth: number) => {
      for (const file of this._folders.get(folder) ?? []) {
        const expanded = file.is_dir && this._expanded.has(file.path);
        const loading = expanded && !this._folders.has(file.path);
        rows.push({ file, depth, expanded, loading });
        if (expanded) {
          add(file.path, depth + 1);
        }
      }
    };
    add('', 0);
    return rows;
  }

  /** Address that downloads an artifact. */
  url(file: IArtifact): string {
    return this._client.artifactUrl(this._runId, file.path);
  }

  /** List the folders that are open again, as a run that is live may have written more. */
  refresh(): void {
    ['', ...this._expanded].forEach(folder => void this._list(folder));
  }

  /** Open or close a folder, or preview a file. */
  activate(file: IArtifact): void {
    if (!file.is_dir) {
      void this._show(file);
      return;
    }
    if (!this._expanded.delete(file.path)) {
      this._expanded.add(file.path);
      if (!this._folders.has(file.path)) {
        void this._list(file.path);
      }
    }
    this._changed.emit();
  }

  private async _list(folder: string): Promise<void> {
    try {
      const files = await this._client.artifacts(this._runId, folder);
      this._folders.set(folder, [...files].sort(Private.byFolderAndName));
      this._error = null;
    } catch (reason) {
      this._error = RunsError.from(reason);
    }
    this._changed.emit();
  }

  private async _show(file: IArtifact): Promise<void> {
    this._selected = file;
    this._preview = { kind: 'loading' };
    this._changed.emit();
    const preview = await this._fetch(file).catch(
      (reason: unknown): Preview => ({
        kind: 'error',
        error: RunsError.from(reason)
      })
    );
    if (this._selected === file) {
      this._preview = preview;
      this._changed.emit();
    }
  }

  private async _fetch(file: IArtifact): Promise<Preview> {
    const kind = previewKind(file.path);
    const size = file.file_size ?? 0;
    if (kind === 'none' || (kind === 'image' && size > PREVIEW_IMAGE_BYTES)) {
      return { kind: 'none' };
    }
    if (kind === 'image') {
      const blob = await this._client.artifactBlob(this._runId, file.path);
      return { kind, blob: new Blob([blob], { type: imageType(file.path) }) };
    }
    const text = await this._client.artifactText(
      this._runId,
      file.path,
      PREVIEW_BYTES
    );
    const truncated = size > PREVIEW_BYTES;
    if (kind === 'table') {
      const separator = file.path.toLowerCase().endsWith('.tsv') ? '\t' : ',';
      const rows = parseTable(text, separator, PREVIEW_ROWS + 1);
      if (truncated && rows.length <= PREVIEW_ROWS + 1) {
        // The last row may be cut off in its middle.
        rows.pop();
      }
      const more = rows.length > PREVIEW_ROWS + 1;
      return {
        kind,
        rows: rows.slice(0, PREVIEW_ROWS + 1),
        truncated: truncated || more
      };
    }
    const whole = kind === 'json' && !truncated;
    return { kind: 'text', text: whole ? prettyJSON(text) : text, truncated };
  }

  private _changed = new Signal<this, void>(this);
  private _client: IRunsClient;
  private _runId: string;
  private _folders = new Map<string, IArtifact[]>();
  private _expanded = new Set<string>();
  private _selected: IArtifact | null = null;
  private _preview: Preview | null = null;
  private _error: RunsError | null = null;
}

namespace Private {
  export function byFolderAndName(a: IArtifact, b: IArtifact): number {
    return (
      Number(b.is_dir) - Number(a.is_dir) ||
      a.path.localeCompare(b.path, undefined, { numeric: true })
    );
  }
}
