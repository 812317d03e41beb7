import type { IRunSummary } from '../client/tokens';

/** The store's order of runs, newest first, of which only some pages are loaded. */
export class RunSlots {
  /** Run ids by place; undefined where not loaded. */
  get ids(): readonly (string | undefined)[] {
    return this._ids;
  }

  /** Loaded runs by id. */
  get runs(): ReadonlyMap<string, IRunSummary> {
    return this._runs;
  }

  get total(): number {
    return this._ids.length;
  }

  clear(): void {
    this._ids = [];
    this._runs.clear();
  }

  /** Forget all but this first page. */
  reset(head: readonly IRunSummary[], total: number): void {
    this.clear();
    this.put(0, head, total);
  }

  /** A page at an offset. */
  put(offset: number, page: readonly IRunSummary[], total: number): void {
    this._resize(total);
    page.forEach((run, index) => {
      if (offset + index < this._ids.length) {
        this._ids[offset + index] = run.run_id;
        this._runs.set(run.run_id, run);
      }
    });
  }

  /** The newest page again: what came in above moves everything else down. */
  putHead(head: readonly IRunSummary[], total: number): void {
    const oldHead = this._ids[0];
    const shift = head.findIndex(run => run.run_id === oldHead);
    if (shift < 0) {
      this.reset(head, total);
      return;
    }
    this._ids.unshift(...new Array<undefined>(shift).fill(undefined));
    if (this._ids.length !== total) {
      // Something was deleted further down: places below the head are no longer known.
      this._ids.fill(undefined, head.length);
    }
    this.put(0, head, total);
  }

  /** Newer facts about a loaded run. */
  update(run: IRunSummary): void {
    if (this._runs.has(run.run_id)) {
      this._runs.set(run.run_id, run);
    }
  }

  /** Pages that hold a place between two slots that is not loaded. */
  missingPages(first: number, last: number, pageSize: number): number[] {
    const pages = new Set<number>();
    for (
      let slot = Math.max(0, first);
      slot <= Math.min(last, this.total - 1);
      slot++
    ) {
      if (this._ids[slot] === undefined) {
        pages.add(Math.floor(slot / pageSize));
      }
    }
    return [...pages];
  }

  private _resize(total: number): void {
    const had = this._ids.length;
    this._ids.length = total;
    if (total > had) {
      this._ids.fill(undefined, had);
    }
  }

  private _ids: (string | undefined)[] = [];
  private _runs = new Map<string, IRunSummary>();
}
