/** Runs that are selected, also such whose lines are not loaded. */
export class TableSelection {
  constructor(
    private _changed: () => void,
    private _idsBetween: (first: number, last: number) => Promise<string[]>
  ) {}

  get ids(): readonly string[] {
    return [...this._ids];
  }

  get size(): number {
    return this._ids.size;
  }

  has(id: string): boolean {
    return this._ids.has(id);
  }

  clear(): void {
    this._anchor = null;
    if (this._ids.size > 0) {
      this._ids.clear();
      this._changed();
    }
  }

  /** Select these runs only. */
  set(ids: readonly string[]): void {
    this._ids = new Set(ids);
    this._changed();
  }

  /** Put a run in, or take it out; the next range begins at its line. */
  toggle(id: string, index: number): void {
    this._anchor = index;
    if (!this._ids.delete(id)) {
      this._ids.add(id);
    }
    this._changed();
  }

  /** All runs of a line, for example a group's, put in, or taken out where all of them are in. */
  async toggleLine(index: number): Promise<void> {
    this._anchor = index;
    const ids = await this._idsBetween(index, index);
    const all = ids.every(id => this._ids.has(id));
    ids.forEach(id => (all ? this._ids.delete(id) : this._ids.add(id)));
    this._changed();
  }

  /** All runs between the line that was selected last and this one. */
  async extend(index: number): Promise<void> {
    const anchor = this._anchor ?? index;
    this._anchor = anchor;
    const first = Math.min(anchor, index);
    const ids = await this._idsBetween(first, Math.max(anchor, index));
    this._ids = new Set(ids);
    this._changed();
  }

  /** All runs of so many lines. */
  async all(lines: number): Promise<void> {
    if (lines > 0) {
      this.set(await this._idsBetween(0, lines - 1));
    }
  }

  private _ids = new Set<string>();
  private _anchor: number | null = null;
}
