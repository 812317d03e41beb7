import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IChartTheme } from '../charts/data';
import type { ChartEngine } from '../charts/engine';
import type { Pacer } from '../charts/pacer';
import type { CompareModel } from './model';
import type { ICompareHost } from './tokens';

/** Gives the picture that a view shows, as SVG. */
export type Picture = () => Promise<{
  svg: string;
  /** The specification of it, where there is one. */
  spec: object | null;
}>;

/** What every view of a comparison needs. */
export interface ICompareContext {
  readonly model: CompareModel;
  readonly trans: TranslationBundle;
  readonly host: ICompareHost;
  readonly theme: IChartTheme;
  readonly rendermime: IRenderMimeRegistry;
  readonly engine: () => Promise<ChartEngine>;
  readonly pacer: Pacer;
  /** Says what picture the view in front shows; null is none. */
  readonly picture: (picture: Picture | null) => void;
}

export const CompareContext = React.createContext<ICompareContext | null>(null);

/** The surroundings of a view. */
export function useCompare(): ICompareContext {
  const context = React.useContext(CompareContext);
  if (!context) {
    throw new Error('A view of a comparison was rendered outside its context.');
  }
  return context;
}
