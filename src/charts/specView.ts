import type { Spec, View } from 'vega';
import type { TopLevelSpec } from 'vega-lite';

import type { ChartEngine } from './engine';

/** A specification of Vega or of Vega-Lite; its `$schema` says which. */
export type AnySpec = Spec | TopLevelSpec;

/** Shows one specification after the other in its node. */
export class SpecView {
  constructor(engine: Promise<ChartEngine>) {
    this._engine = engine;
    this.node = document.createElement('div');
    this.node.className = 'jp-Cellruns-spec';
    // The chart around it has the name; the marks have none of their own.
    this.node.setAttribute('aria-hidden', 'true');
  }

  readonly node: HTMLElement;

  /** Called with what a signal of the specification that is shown says. */
  onSignal: (name: string, value: unknown) => void = () => undefined;

  /** Called with the facts of what lies under the pointer, or null. */
  onTooltip: (
    facts: Readonly<Record<string, unknown>> | null,
    event: MouseEvent
  ) => void = () => undefined;

  /** Show a specification; one that comes meanwhile wins. */
  async draw(spec: AnySpec, signals: readonly string[] = []): Promise<void> {
    const turn = ++this._turn;
    const engine = await this._engine;
    if (turn !== this._turn || this._disposed) {
      return;
    }
    const place = document.createElement('div');
    const view = engine.view(spec, place);
    view.tooltip((_, event, __, value: unknown) => {
      const facts = typeof value === 'object' ? value : null;
      this.onTooltip(facts as Record<string, unknown> | null, event);
    });
    for (const name of signals) {
      view.addSignalListener(name, (signal, value: unknown) =>
        this.onSignal(signal, value)
      );
    }
    await view.runAsync();
    if (turn !== this._turn || this._disposed) {
      view.finalize();
      return;
    }
    this._view?.finalize();
    this._view = view;
    this.node.replaceChildren(place);
  }

  /** The picture as SVG. */
  async toSVG(): Promise<string> {
    return (await this._view?.toSVG()) ?? '';
  }

  dispose(): void {
    this._disposed = true;
    this._view?.finalize();
    this._view = null;
    this.node.remove();
  }

  private _engine: Promise<ChartEngine>;
  private _view: View | null = null;
  private _turn = 0;
  private _disposed = false;
}
