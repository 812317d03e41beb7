import type { FetchFiner } from '../charts/finer';
import type { IRunsClient } from '../client/tokens';
import { seriesOf } from './payload';

/** Points of a part that is zoomed into: what a wide screen has pixels for. */
const FINER_POINTS = 2400;

let fetched = 0;

/** Fetches the points of a part of a series from the store. */
export function finerFrom(client: IRunsClient): FetchFiner {
  return async (run, key, window) => {
    try {
      const [found] = await client.series(run, [key], FINER_POINTS, window);
      return found
        ? seriesOf(
            key,
            found.total,
            found.steps,
            found.timestamps,
            found.values,
            `finer${++fetched}`
          )
        : null;
    } catch (error) {
      // What is drawn already stays.
      console.warn('Cellruns: no finer points of a metric:', error);
      return null;
    }
  };
}
