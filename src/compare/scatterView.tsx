import * as React from 'react';

import { formatValue } from '../charts/format';
import type { ISize } from '../charts/geometry';
import { colorOf } from '../charts/palette';
import { boxSpec } from '../charts/boxSpec';
import { contourSpec } from '../charts/contourSpec';
import { type IScatterPoint, scatterSpec } from '../charts/scatterSpec';
import type { AnySpec } from '../charts/specView';
import type { IRunBrief } from '../client/tokens';
import type { ICompareColumn } from './columns';
import { useCompare } from './context';
import { ColumnChoice, DataTable, Empty } from './parts';
import { SpecChart } from './specChart';

const HEIGHT = 420;

/** Columns that fit the axes of a plot where nothing, or something else, was chosen. */
function usePlane(
  xOf: (column: ICompareColumn) => boolean,
  yOf: (column: ICompareColumn) => boolean
): {
  x: ICompareColumn | undefined;
  y: ICompareColumn | undefined;
  color: ICompareColumn | undefined;
} {
  const { model } = useCompare();
  const { state, columns } = model;
  const first = (
    id: string | null,
    fits: (column: ICompareColumn) => boolean,
    kind: string,
    not?: ICompareColumn
  ): ICompareColumn | undefined =>
    columns.find(c => c.id === id && fits(c)) ??
    columns.find(c => c.kind === kind && c.differs && fits(c) && c !== not) ??
    columns.find(c => fits(c) && c !== not) ??
    columns.find(fits);
  const x = first(state.x, xOf, 'param');
  const y = first(state.y, yOf, 'metric', x);
  const color = columns.find(c => c.id === state.color);
  return { x, y, color };
}

/** Runs as points that have a value on every axis. */
function pointsOf(
  runs: readonly IRunBrief[],
  columns: readonly (ICompareColumn | undefined)[],
  context: ReturnType<typeof useCompare>
): { run: IRunBrief; point: IScatterPoint; values: (string | number)[] }[] {
  const { model, theme } = context;
  return runs.flatMap(run => {
    const values = columns.map(column =>
      !column
        ? ''
        : column.numeric
          ? model.number(run, column.id)
          : (model.value(run, column.id) ?? NaN)
    );
    if (values.some(v => typeof v === 'number' && !Number.isFinite(v))) {
      return [];
    }
    const id = run.run.run_id;
    return [
      {
        run,
        values,
        point: {
          run: id,
          name: run.run.name,
          color: colorOf(model.orderOf(id), theme.dark),
          chosen: model.isChosen(id),
          x: values[0],
          y: values[1],
          ...(columns[2] ? { z: values[2] } : {})
        }
      }
    ];
  });
}

function textOf(value: string | number): string {
  return typeof value === 'number' ? formatValue(value) : value;
}

/** Runs as points of a plane. */
export function ScatterView(): JSX.Element {
  const context = useCompare();
  const { model, trans, theme } = context;
  const { columns, shown, chosen } = model;
  const { x, y, color } = usePlane(
    () => true,
    () => true
  );
  const found = pointsOf(shown, color ? [x, y, color] : [x, y], context);
  const version = JSON.stringify([found.map(f => f.point), x, y, color, theme]);
  const spec = React.useCallback(
    (size: ISize): AnySpec =>
      scatterSpec({
        points: found.map(f => f.point),
        x: axisOf(x),
        y: axisOf(y),
        color: color ? axisOf(color) : null,
        theme,
        size
      }),
    [version]
  );
  const onBrush = (value: unknown): void => {
    const brush = value as { x?: (number | string)[]; y?: (number | string)[] };
    const inside = (
      values: (number | string)[] | undefined,
      at: number | string
    ): boolean =>
      !values ||
      (typeof at === 'number'
        ? at >= Math.min(...(values as number[])) &&
          at <= Math.max(...(values as number[]))
        : values.includes(at));
    const hit =
      brush?.x || brush?.y
        ? found.filter(
            ({ point }) => inside(brush.x, point.x) && inside(brush.y, point.y)
          )
        : null;
    pending.current = hit && hit.map(({ point }) => point.run);
  };
  // The chart is drawn anew when runs are chosen, so not before the pointer is up.
  const pending = React.useRef<string[] | null | undefined>(undefined);
  const settle = (): void => {
    if (pending.current !== undefined) {
      const runs = pending.current;
      pending.current = undefined;
      model.choose(runs && runs.length > 0 ? runs : null);
    }
  };
  if (!x || !y) {
    return <NothingToPlot />;
  }
  return (
    <>
      <div className="jp-Cellruns-compare-tools">
        <ColumnChoice
          label={trans.__('Horizontal')}
          columns={columns}
          value={x.id}
          onChange={id => model.set({ x: id })}
        />
        <ColumnChoice
          label={trans.__('Vertical')}
          columns={columns}
          value={y.id}
          onChange={id => model.set({ y: id })}
        />
        <ColumnChoice
          label={trans.__('Colour')}
          columns={columns}
          value={color?.id ?? null}
          none={trans.__('Run')}
          onChange={id => model.set({ color: id })}
        />
      </div>
      <div onPointerUp={() => window.setTimeout(settle, 0)}>
        <SpecChart
          label={trans.__(
            'Scatter plot of %1 over %2, %3 runs. The data table below has the values.',
            y.key,
            x.key,
            found.length
          )}
          height={HEIGHT}
          spec={spec}
          signal="brush"
          onSignal={onBrush}
        />
      </div>
      <Hint
        left={shown.length - found.length}
        text={chosen ? '' : trans.__('Drag over points to choose runs.')}
      />
      <DataTable
        caption={trans.__('Values of the scatter plot')}
        heads={[trans.__('Run'), x.key, y.key, ...(color ? [color.key] : [])]}
        rows={found.map(({ run, values }) => [
          run.run.name,
          ...values.map(textOf)
        ])}
      />
    </>
  );
}

/** A metric by groups of runs. */
export function BoxView(): JSX.Element {
  const context = useCompare();
  const { model, trans, theme } = context;
  const { columns, shown } = model;
  const { x, y } = usePlane(
    c => c.differs,
    c => c.numeric
  );
  const found = pointsOf(shown, [x && { ...x, numeric: false }, y], context);
  const version = JSON.stringify([found.map(f => f.point), x, y, theme]);
  const spec = React.useCallback(
    (size: ISize): AnySpec =>
      boxSpec({
        points: found.map(f => ({ ...f.point, x: String(f.point.x) })),
        x: axisOf(x),
        y: axisOf(y),
        theme,
        size
      }),
    [version]
  );
  if (!x || !y) {
    return <NothingToPlot />;
  }
  const groups = new Map<string, number[]>();
  for (const { point } of found) {
    const key = String(point.x);
    groups.set(key, [...(groups.get(key) ?? []), Number(point.y)]);
  }
  return (
    <>
      <div className="jp-Cellruns-compare-tools">
        <ColumnChoice
          label={trans.__('Groups')}
          columns={columns.filter(c => c.differs)}
          value={x.id}
          onChange={id => model.set({ x: id })}
        />
        <ColumnChoice
          label={trans.__('Values')}
          columns={columns.filter(c => c.numeric)}
          value={y.id}
          onChange={id => model.set({ y: id })}
        />
      </div>
      <SpecChart
        label={trans.__(
          'Box plot of %1 by %2, %3 groups. The data table below has the values.',
          y.key,
          x.key,
          groups.size
        )}
        height={HEIGHT}
        spec={spec}
      />
      <Hint left={shown.length - found.length} text="" />
      <DataTable
        caption={trans.__('Groups of the box plot')}
        heads={[
          x.key,
          trans.__('Runs'),
          trans.__('Min'),
          trans.__('Median'),
          trans.__('Max')
        ]}
        rows={[...groups].map(([key, values]) => {
          const sorted = [...values].sort((a, b) => a - b);
          const middle = (sorted.length - 1) / 2;
          const median =
            (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
          return [
            key,
            String(sorted.length),
            formatValue(sorted[0]),
            formatValue(median),
            formatValue(sorted[sorted.length - 1])
          ];
        })}
      />
    </>
  );
}

/** A metric over the plane of two params. */
export function ContourView(): JSX.Element {
  const context = useCompare();
  const { model, trans, theme } = context;
  const { columns, shown, state } = model;
  const numeric = columns.filter(c => c.numeric);
  const axes = numeric.filter(c => c.kind === 'param' && c.differs);
  const x = numeric.find(c => c.id === state.x) ?? axes[0];
  const y =
    numeric.find(c => c.id === state.y && c !== x) ??
    axes.find(c => c !== x) ??
    numeric.find(c => c !== x && c.differs);
  const z =
    numeric.find(c => c.id === state.color) ??
    numeric.find(c => c.kind === 'metric' && c.differs && c !== y);
  const found = pointsOf(shown, [x, y, z], context);
  const version = JSON.stringify([found.map(f => f.point), x, y, z, theme]);
  const spec = React.useCallback(
    (size: ISize): AnySpec =>
      contourSpec({
        points: found.map(f => ({
          ...f.point,
          x: Number(f.point.x),
          y: Number(f.point.y),
          z: Number(f.point.z)
        })),
        x: axisOf(x),
        y: axisOf(y),
        z: axisOf(z),
        theme,
        size
      }),
    [version]
  );
  if (!x || !y || !z || found.length < 3) {
    return (
      <Empty
        title={trans.__('No plane to draw')}
        text={trans.__(
          'A contour plot needs at least three runs with numbers in two params and a metric that differ.'
        )}
      />
    );
  }
  return (
    <>
      <div className="jp-Cellruns-compare-tools">
        <ColumnChoice
          label={trans.__('Horizontal')}
          columns={numeric}
          value={x.id}
          onChange={id => model.set({ x: id })}
        />
        <ColumnChoice
          label={trans.__('Vertical')}
          columns={numeric}
          value={y.id}
          onChange={id => model.set({ y: id })}
        />
        <ColumnChoice
          label={trans.__('Height')}
          columns={numeric}
          value={z.id}
          onChange={id => model.set({ color: id })}
        />
      </div>
      <SpecChart
        label={trans.__(
          'Contour plot of %1 over %2 and %3, %4 runs. The data table below has the values.',
          z.key,
          x.key,
          y.key,
          found.length
        )}
        height={HEIGHT}
        spec={spec}
      />
      <Hint
        left={shown.length - found.length}
        text={trans.__(
          'Between the runs, which are the points, values are interpolated by distance; where there is no run near, nothing is known.'
        )}
      />
      <DataTable
        caption={trans.__('Values of the contour plot')}
        heads={[trans.__('Run'), x.key, y.key, z.key]}
        rows={found.map(({ run, values }) => [
          run.run.name,
          ...values.map(textOf)
        ])}
      />
    </>
  );
}

function axisOf(column: ICompareColumn | undefined): {
  label: string;
  numeric: boolean;
} {
  return { label: column?.key ?? '', numeric: column?.numeric ?? false };
}

/** What is not in a plot, and what can be done with it. */
export function Hint(props: {
  readonly left: number;
  readonly text: string;
}): JSX.Element {
  const { trans } = useCompare();
  return (
    <p className="jp-Cellruns-compare-hint">
      {props.left > 0
        ? trans._n(
            '%1 run without a value on every axis is not shown. ',
            '%1 runs without a value on every axis are not shown. ',
            props.left
          )
        : ''}
      {props.text}
    </p>
  );
}

function NothingToPlot(): JSX.Element {
  const { trans } = useCompare();
  return (
    <Empty
      title={trans.__('Nothing to plot')}
      text={trans.__(
        'These runs have no params and metrics in common that differ.'
      )}
    />
  );
}
