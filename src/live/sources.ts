/** Envelopes out of order that are remembered for a sender; beyond it a gap is given up. */
const MAX_AHEAD = 512;

/** Senders that are remembered. */
const MAX_SOURCES = 256;

/** Knows which envelopes were seen, so that one that comes over several connections counts once. */
export class Sources {
  /** Note an envelope. False: it was seen before. */
  admit(source: string, seq: number): boolean {
    let seen = this._sources.get(source);
    if (!seen) {
      seen = new Seen(seq);
      this._sources.set(source, seen);
      if (this._sources.size > MAX_SOURCES) {
        const [oldest] = this._sources.keys();
        this._sources.delete(oldest);
      }
    }
    return seen.admit(seq);
  }

  /** Envelopes of a sender that are missing, among those since it was first heard. */
  missing(source: string): number {
    return this._sources.get(source)?.missing ?? 0;
  }

  private _sources = new Map<string, Seen>();
}

/** The envelopes of one sender. A page opened in mid-run joins at `first`; what came before is no gap. */
class Seen {
  constructor(readonly first: number) {
    this._next = first;
  }

  get missing(): number {
    const most = Math.max(this._next - 1, ...this._ahead);
    return this._lost + most + 1 - this._next - this._ahead.size;
  }

  admit(seq: number): boolean {
    if (seq < this.first) {
      const known = this._late.has(seq);
      this._late.add(seq);
      return !known;
    }
    if (seq < this._next || this._ahead.has(seq)) {
      return false;
    }
    this._ahead.add(seq);
    this._advance();
    if (this._ahead.size > MAX_AHEAD) {
      const least = Math.min(...this._ahead);
      this._lost += least - this._next;
      this._next = least;
      this._advance();
    }
    return true;
  }

  private _advance(): void {
    while (this._ahead.delete(this._next)) {
      this._next++;
    }
  }

  private _next: number;
  private _lost = 0;
  private _ahead = new Set<number>();
  private _late = new Set<number>();
}
