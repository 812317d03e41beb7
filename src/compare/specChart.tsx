import * as React from 'react';

import { formatValue } from '../charts/format';
import type { ISize } from '../charts/geometry';
import { type AnySpec, SpecView } from '../charts/specView';
import { useCompare } from './context';
import { useWidth } from './parts';

/** A chart of a specification that is made for the room there is. */
export function SpecChart(props: {
  readonly label: string;
  readonly height: number;
  /** Makes the specification; another function is another chart. */
  readonly spec: (size: ISize) => AnySpec;
  /** Signal that is listened to, and what it says. */
  readonly signal?: string;
  readonly onSignal?: (value: unknown) => void;
  readonly children?: React.ReactNode;
}): JSX.Element {
  const { engine, trans, picture } = useCompare();
  const { spec, height, signal } = props;
  const [box, width] = useWidth();
  const [fault, setFault] = React.useState('');
  const [facts, setFacts] = React.useState<{
    text: string[];
    x: number;
    y: number;
  } | null>(null);
  const view = React.useRef<SpecView | null>(null);
  const place = React.useRef<HTMLDivElement>(null);
  const heard = React.useRef(props.onSignal);
  heard.current = props.onSignal;

  React.useEffect(() => {
    const made = new SpecView(engine());
    made.onSignal = (_, value) => heard.current?.(value);
    made.onTooltip = (found, event) => {
      const around = place.current?.getBoundingClientRect();
      setFacts(
        found && around
          ? {
              text: Object.entries(found).map(([key, value]) =>
                key === 'name'
                  ? String(value)
                  : `${key}: ${typeof value === 'number' ? formatValue(value) : String(value)}`
              ),
              x: event.clientX - around.left,
              y: event.clientY - around.top
            }
          : null
      );
    };
    place.current?.append(made.node);
    view.current = made;
    return () => {
      made.dispose();
      view.current = null;
    };
  }, [engine]);

  const made = React.useMemo(
    () => (width > 0 ? spec({ width, height }) : null),
    [spec, width, height]
  );
  React.useEffect(() => {
    if (made) {
      view.current
        ?.draw(made, signal ? [signal] : [])
        .then(() => setFault(''))
        .catch(reason => setFault(String((reason as Error).message ?? reason)));
    }
  }, [made, signal]);
  React.useEffect(() => {
    picture(async () => ({
      svg: (await view.current?.toSVG()) ?? '',
      spec: made
    }));
    return () => picture(null);
  }, [picture, made]);

  return (
    <div className="jp-Cellruns-compare-chart" ref={box}>
      {fault ? (
        <p role="alert">
          {trans.__('This chart could not be drawn: %1', fault)}
        </p>
      ) : null}
      <div
        ref={place}
        role="img"
        aria-label={props.label}
        className="jp-Cellruns-compare-spec"
        style={{ height }}
      />
      {facts ? (
        <div
          className="jp-Cellruns-tooltip"
          style={{ position: 'absolute', left: facts.x + 14, top: facts.y + 8 }}
        >
          {facts.text.map((line, i) => (
            <div key={i}>{line}</div>
          ))}
        </div>
      ) : null}
      {props.children}
    </div>
  );
}
