import type {
  IRunsClient,
  ITableOffer,
  ITableScope,
  ITableSelection
} from '../client/tokens';

/** What columns the runs of a scope have, in which of them they differ, and with which values. Asked for when needed. */
export class ColumnOffers {
  /** `onChange` is called when more is known. */
  constructor(client: IRunsClient, onChange: () => void) {
    this._client = client;
    this._onChange = onChange;
  }

  /** All that is offered, whatever the filter; null while that is not known. */
  get all(): readonly ITableOffer[] | null {
    return this._all;
  }

  /** Columns that are too many to be offered. */
  get leftOut(): number {
    return this._leftOut;
  }

  /** Ids of columns that have the same value in all runs that are shown, as far as known. */
  get same(): ReadonlySet<string> {
    return this._same;
  }

  /** Another scope: nothing is known of it. */
  setScope(scope: ITableScope): void {
    this._scope = scope;
    this._all = null;
    this._leftOut = 0;
  }

  /** Ask what columns there are. */
  async ask(): Promise<void> {
    const scope = this._scope;
    try {
      const { columns, more } = await this._client.tableColumns(scope);
      if (scope === this._scope) {
        this._all = columns;
        this._leftOut = more;
        this._onChange();
      }
    } catch {
      // The chooser says that it knows of none; the next opening asks again.
    }
  }

  /** Ask in which columns the runs of a selection do not differ. */
  async askSame(
    selection: ITableSelection,
    isCurrent: () => boolean
  ): Promise<void> {
    try {
      const { columns } = await this._client.tableColumns({
        ...selection,
        compare: true
      });
      if (isCurrent()) {
        this._same = new Set(
          columns.filter(one => one.differs === false).map(one => one.column)
        );
        this._onChange();
      }
    } catch {
      // All columns stay; what failed shows with the lines themselves.
    }
  }

  /** Somebody is about to type a filter. */
  warm(): void {
    if (this._all === null) {
      void this.ask();
    }
    void this._client.warmTable(this._scope).catch(() => undefined);
  }

  /** Values of a column that begin so. */
  values(column: string, prefix: string): Promise<string[]> {
    return this._client
      .tableValues({ ...this._scope, column, prefix })
      .catch(() => []);
  }

  private _client: IRunsClient;
  private _onChange: () => void;
  private _scope: ITableScope = {};
  private _all: readonly ITableOffer[] | null = null;
  private _leftOut = 0;
  private _same: ReadonlySet<string> = new Set();
}
