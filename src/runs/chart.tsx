import React, { useMemo, useState } from 'react';

import type { ISeries } from '../client/tokens';
import { useView } from './context';
import { formatNumber } from './format';
import { layOut, nearest, type ISparkPoint } from './spark';

/** Own units of the drawing; the style sheet stretches it. */
const WIDTH = 240;

/** A small chart of one metric; the large one reads values out under the pointer. */
export function MetricChart(props: {
  series: ISeries;
  large: boolean;
}): JSX.Element | null {
  const { trans } = useView();
  const { series, large } = props;
  const height = large ? 120 : 36;
  const spark = useMemo(() => layOut(series, WIDTH, height), [series, height]);
  const [point, setPoint] = useState<ISparkPoint>();
  if (!spark) {
    return (
      <p className="jp-Cellruns-noChart">
        {trans.__('No finite value to draw.')}
      </p>
    );
  }
  const label = trans.__(
    '%1: %2 points, steps %3 to %4, between %5 and %6',
    series.key,
    series.total,
    spark.firstStep,
    spark.lastStep,
    formatNumber(spark.min),
    formatNumber(spark.max)
  );
  const end = spark.points[spark.points.length - 1];
  return (
    <div className="jp-Cellruns-chart" data-large={large}>
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${WIDTH} ${height}`}
        height={height}
        preserveAspectRatio="none"
        onPointerMove={event => {
          if (large) {
            const box = event.currentTarget.getBoundingClientRect();
            const x = ((event.clientX - box.left) / box.width) * WIDTH;
            setPoint(nearest(spark, x));
          }
        }}
        onPointerLeave={() => setPoint(undefined)}
      >
        {spark.nonfinite.map(mark => (
          <line
            key={mark.step}
            className="jp-Cellruns-nonfinite"
            x1={mark.x}
            x2={mark.x}
            y1={0}
            y2={height}
            vectorEffect="non-scaling-stroke"
          >
            <title>{trans.__('%1 at step %2', mark.value, mark.step)}</title>
          </line>
        ))}
        <path d={spark.path} vectorEffect="non-scaling-stroke" />
        {point ? (
          <line
            className="jp-Cellruns-crosshair"
            x1={point.x}
            x2={point.x}
            y1={0}
            y2={height}
            vectorEffect="non-scaling-stroke"
          />
        ) : null}
        {spark.points.length === 1 ? (
          <circle cx={end.x} cy={end.y} r={2.5} />
        ) : null}
      </svg>
      {large ? (
        <div className="jp-Cellruns-axis" aria-hidden="true">
          <span>{spark.firstStep}</span>
          <span>
            {point
              ? trans.__('step %1: %2', point.step, formatNumber(point.value))
              : trans.__('step')}
          </span>
          <span>{spark.lastStep}</span>
        </div>
      ) : null}
    </div>
  );
}
