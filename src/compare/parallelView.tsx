import * as React from 'react';

import { formatValue } from '../charts/format';
import type { ISize } from '../charts/geometry';
import { colorOf } from '../charts/palette';
import {
  brushed,
  type IBrush,
  type IParallelAxis,
  PARALLEL_PADDING,
  parallelAxis,
  parallelSpec,
  placeOn
} from '../charts/parallelSpec';
import type { AnySpec } from '../charts/specView';
import { defaultAxes } from './columns';
import { useCompare } from './context';
import { DataTable, Empty } from './parts';
import { SpecChart } from './specChart';

const HEIGHT = 400;

/** Distance from an axis within which the pointer means it, px. */
const NEAR = 40;

/** Runs as lines across their params and metrics; parts of axes choose runs. */
export function ParallelView(): JSX.Element {
  const { model, trans, theme } = useCompare();
  const { shown, columns, state } = model;
  const wanted = state.axes ?? defaultAxes(columns);
  const picked = wanted.flatMap(id => columns.find(c => c.id === id) ?? []);
  const lines = shown.map(run => ({
    run: run.run.run_id,
    name: run.run.name,
    color: colorOf(model.orderOf(run.run.run_id), theme.dark),
    chosen: model.isChosen(run.run.run_id),
    values: picked.map(column =>
      column.numeric
        ? Number.isNaN(model.number(run, column.id))
          ? null
          : model.number(run, column.id)
        : model.value(run, column.id)
    )
  }));
  const axes = picked.map((column, i) =>
    parallelAxis(
      column.id,
      column.key,
      column.numeric,
      lines.map(line => line.values[i])
    )
  );
  const [brushes, setBrushes] = React.useState<ReadonlyMap<string, IBrush>>(
    new Map()
  );
  const [drag, setDrag] = React.useState<{
    axis: number;
    from: number;
    to: number;
  } | null>(null);
  const version = JSON.stringify([lines, axes, [...brushes], theme]);
  const spec = React.useCallback(
    (size: ISize): AnySpec =>
      parallelSpec({ axes, lines, brushes, theme, size }),
    [version]
  );
  const apply = (next: ReadonlyMap<string, IBrush>): void => {
    setBrushes(next);
    model.choose(next.size > 0 ? brushed(axes, lines, next) : null);
  };
  const brush = (axis: IParallelAxis, part: IBrush | null): void => {
    const next = new Map(brushes);
    if (part) {
      next.set(axis.id, part);
    } else {
      next.delete(axis.id);
    }
    apply(next);
  };
  React.useEffect(() => {
    if (model.chosen === null && brushes.size > 0) {
      // The choice was given up elsewhere.
      setBrushes(new Map());
    }
  }, [model.chosen]);

  const place = (
    event: React.PointerEvent
  ): { axis: number; at: number; near: boolean } => {
    const box = event.currentTarget.getBoundingClientRect();
    const width = box.width - PARALLEL_PADDING.left - PARALLEL_PADDING.right;
    const height = HEIGHT - PARALLEL_PADDING.top - PARALLEL_PADDING.bottom;
    const gap = axes.length > 1 ? width / (axes.length - 1) : width;
    const x = event.clientX - box.left - PARALLEL_PADDING.left;
    const axis = Math.max(0, Math.min(axes.length - 1, Math.round(x / gap)));
    const y = event.clientY - box.top - PARALLEL_PADDING.top;
    return {
      axis,
      at: Math.max(0, Math.min(1, 1 - y / height)),
      near: Math.abs(x - axis * gap) <= Math.min(NEAR, gap / 2)
    };
  };

  if (axes.length === 0) {
    return (
      <Empty
        title={trans.__('No axes')}
        text={trans.__('Choose columns that the runs have.')}
      >
        <AxesChoice />
      </Empty>
    );
  }
  return (
    <>
      <AxesChoice />
      <div
        className="jp-Cellruns-compare-brushed"
        onPointerDown={event => {
          const { axis, at, near } = place(event);
          if (near && event.button === 0) {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDrag({ axis, from: at, to: at });
          }
        }}
        onPointerMove={event => {
          if (drag) {
            setDrag({ ...drag, to: place(event).at });
          }
        }}
        onPointerUp={() => {
          if (drag) {
            const from = snap(Math.min(drag.from, drag.to));
            const to = snap(Math.max(drag.from, drag.to));
            setDrag(null);
            // A click gives the axis free.
            brush(axes[drag.axis], to - from > 0.015 ? { from, to } : null);
          }
        }}
        onPointerCancel={() => setDrag(null)}
      >
        <SpecChart
          label={trans.__(
            'Parallel coordinates of %1 runs over %2. The ranges below choose runs, the data table has the values.',
            lines.length,
            axes.map(axis => axis.label).join(', ')
          )}
          height={HEIGHT}
          spec={spec}
        >
          {drag ? <DragMark drag={drag} count={axes.length} /> : null}
        </SpecChart>
      </div>
      <p className="jp-Cellruns-compare-hint">
        {trans.__(
          'Drag along an axis to choose runs; click it to give it free.'
        )}
      </p>
      <Ranges axes={axes} brushes={brushes} onBrush={brush} />
      <DataTable
        caption={trans.__('Values of the parallel coordinates')}
        heads={[trans.__('Run'), ...axes.map(axis => axis.label)]}
        rows={lines.map(line => [
          line.name,
          ...line.values.map(value =>
            typeof value === 'number' ? formatValue(value) : (value ?? '–')
          )
        ])}
      />
    </>
  );
}

/** Near an end means the end: runs lie right on it. */
function snap(place: number): number {
  return place < 0.03 ? 0 : place > 0.97 ? 1 : place;
}

function DragMark(props: {
  readonly drag: { axis: number; from: number; to: number };
  readonly count: number;
}): JSX.Element {
  const { axis, from, to } = props.drag;
  const { left, right, top, bottom } = PARALLEL_PADDING;
  const height = HEIGHT - top - bottom;
  const part = props.count > 1 ? axis / (props.count - 1) : 0.5;
  return (
    <div
      className="jp-Cellruns-compare-drag"
      style={{
        left: `calc(${left - 7}px + ${part} * (100% - ${left + right}px))`,
        top: top + height * (1 - Math.max(from, to)),
        height: height * Math.abs(to - from)
      }}
    />
  );
}

/** The same as dragging along axes, by keyboard: a range of numbers, or one category. */
function Ranges(props: {
  readonly axes: readonly IParallelAxis[];
  readonly brushes: ReadonlyMap<string, IBrush>;
  readonly onBrush: (axis: IParallelAxis, part: IBrush | null) => void;
}): JSX.Element {
  const { trans } = useCompare();
  const { axes, brushes, onBrush } = props;
  return (
    <details className="jp-Cellruns-compare-data">
      <summary>{trans.__('Ranges')}</summary>
      <div className="jp-Cellruns-compare-ranges">
        {axes.map(axis => {
          const brush = brushes.get(axis.id);
          if (!axis.numeric) {
            const n = axis.categories.length;
            const at = brush
              ? axis.categories[
                  Math.min(n - 1, Math.floor(((brush.from + brush.to) / 2) * n))
                ]
              : '';
            return (
              <label key={axis.id}>
                {axis.label}
                <select
                  value={at}
                  onChange={event => {
                    const i = axis.categories.indexOf(event.target.value);
                    onBrush(
                      axis,
                      i < 0 ? null : { from: i / n, to: (i + 1) / n }
                    );
                  }}
                >
                  <option value="">{trans.__('All')}</option>
                  {axis.categories.map(category => (
                    <option key={category}>{category}</option>
                  ))}
                </select>
              </label>
            );
          }
          const value = (part: number): number =>
            axis.min + part * (axis.max - axis.min);
          const set = (from: number, to: number): void => {
            const low = placeOn(axis, from) ?? 0;
            const high = placeOn(axis, to) ?? 1;
            onBrush(
              axis,
              low <= 0 && high >= 1 ? null : { from: low, to: high }
            );
          };
          const from = value(brush?.from ?? 0);
          const to = value(brush?.to ?? 1);
          return (
            <fieldset key={axis.id}>
              <legend>{axis.label}</legend>
              <NumberField
                label={trans.__('%1 from', axis.label)}
                value={from}
                onChange={number => set(number, to)}
              />
              {' – '}
              <NumberField
                label={trans.__('%1 to', axis.label)}
                value={to}
                onChange={number => set(from, number)}
              />
            </fieldset>
          );
        })}
      </div>
    </details>
  );
}

/** A number that counts when it is left or entered. */
function NumberField(props: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}): JSX.Element {
  const shown = String(Number(props.value.toPrecision(6)));
  const [text, setText] = React.useState(shown);
  React.useEffect(() => setText(shown), [shown]);
  const enter = (): void => {
    const number = Number(text);
    if (text.trim() !== '' && Number.isFinite(number) && text !== shown) {
      props.onChange(number);
    } else {
      setText(shown);
    }
  };
  return (
    <input
      type="text"
      inputMode="decimal"
      aria-label={props.label}
      value={text}
      onChange={event => setText(event.target.value)}
      onBlur={enter}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          enter();
        }
      }}
    />
  );
}

/** Which columns are axes. */
function AxesChoice(): JSX.Element {
  const { model, trans } = useCompare();
  const chosen = model.state.axes ?? defaultAxes(model.columns);
  return (
    <details className="jp-Cellruns-compare-data">
      <summary>{trans.__('Axes (%1)', chosen.length)}</summary>
      <div className="jp-Cellruns-compare-checks">
        {model.columns.map(column => (
          <label key={column.id}>
            <input
              type="checkbox"
              checked={chosen.includes(column.id)}
              onChange={event =>
                model.set({
                  axes: event.target.checked
                    ? [...chosen, column.id]
                    : chosen.filter(id => id !== column.id)
                })
              }
            />
            {column.key}
          </label>
        ))}
      </div>
    </details>
  );
}
