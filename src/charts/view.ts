import type { IFigure } from './figure';
import type { ISize } from './geometry';
import type { ISpecShape } from './spec';

/** What a view shows. */
export interface IDrawing {
  readonly figure: IFigure;
  readonly shape: ISpecShape;
  readonly size: ISize;
}

/** Draws figures into its node. */
export interface IChartView {
  readonly node: HTMLElement;
  /** What has to be loaded before it can draw, or null. */
  readonly ready: Promise<unknown> | null;
  /** Show a drawing; resolves when it is in the node. Calls do not overlap. */
  draw(drawing: IDrawing): Promise<void>;
  dispose(): void;
}
