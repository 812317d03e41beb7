import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ISignal } from '@lumino/signaling';
import React, {
  createContext,
  useContext,
  useEffect,
  useReducer,
  useState
} from 'react';

/** What every view of the panel needs. */
export interface IViewContext {
  trans: TranslationBundle;
  commands: CommandRegistry;
  /** Put text on the clipboard. */
  copy: (text: string) => void;
  /** Renders Markdown, or null where nothing can. */
  markdown:
    ((text: string) => Promise<{ node: HTMLElement; dispose(): void }>) | null;
}

export const ViewContext = createContext<IViewContext | null>(null);

/** The surroundings of a view. */
export function useView(): IViewContext {
  const context = useContext(ViewContext);
  if (!context) {
    throw new Error(
      'A view of the runs panel was rendered outside its context.'
    );
  }
  return context;
}

/** Render again whenever the signal is emitted. */
export function useSignal(signal: ISignal<unknown, unknown>): void {
  const [, tick] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const slot = () => tick();
    signal.connect(slot);
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
}

/** The time in ms since epoch, renewed every `period` ms; a period of 0 stands still. */
export function useNow(period: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (period <= 0) {
      return;
    }
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), period);
    return () => window.clearInterval(timer);
  }, [period]);
  return now;
}

/** A button with an icon only; its label is read out and shown on hover. */
export function IconButton(props: {
  icon: LabIcon;
  label: string;
  onClick: (event: React.MouseEvent<HTMLButtonElement>) => void;
  pressed?: boolean;
  expanded?: boolean;
}): JSX.Element {
  const Icon = props.icon.react;
  return (
    <button
      type="button"
      className="jp-Cellruns-iconButton"
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      onClick={props.onClick}
    >
      <Icon tag="span" />
    </button>
  );
}
