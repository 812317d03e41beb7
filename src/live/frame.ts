/** Longest wait for a frame, in ms: a page in the background gets none. */
const HIDDEN_MS = 250;

/** Call back once: before the next frame is painted, or soon where none is painted. */
export function nextFrame(callback: () => void): void {
  let called = false;
  const once = (): void => {
    if (!called) {
      called = true;
      window.clearTimeout(timer);
      window.cancelAnimationFrame(frame);
      callback();
    }
  };
  const timer = window.setTimeout(once, HIDDEN_MS);
  const frame = window.requestAnimationFrame(once);
}
