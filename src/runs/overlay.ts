import type { IRunSummary } from '../client/tokens';
import type { ILiveRun } from '../live/tokens';

/** A stored run with what its kernel said since: newer metrics, params, and its end. */
export function withLive(
  stored: IRunSummary,
  live: ILiveRun | undefined
): IRunSummary {
  if (!live) {
    return stored;
  }
  const metrics = { ...stored.metrics };
  live.last.forEach((point, key) => {
    const known = metrics[key];
    if (!known || point.timestamp >= known.timestamp) {
      metrics[key] = point;
    }
  });
  const running = stored.status === 'RUNNING';
  return {
    ...stored,
    metrics,
    params: { ...Object.fromEntries(live.params), ...stored.params },
    status: running ? live.status : stored.status,
    end_time: stored.end_time ?? (running ? live.endTime : null)
  };
}
