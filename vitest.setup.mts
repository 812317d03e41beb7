/** What JupyterLab's packages expect of a browser at import and jsdom does not have. */
if (typeof window !== 'undefined') {
  const missing = {
    DragEvent: class extends MouseEvent {},
    ResizeObserver: class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
    IntersectionObserver: class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
    matchMedia: () => ({
      matches: false,
      addEventListener: () => undefined,
      removeEventListener: () => undefined
    })
  };
  for (const [name, value] of Object.entries(missing)) {
    if (Reflect.get(globalThis, name) === undefined) {
      Object.defineProperty(globalThis, name, {
        value,
        configurable: true,
        writable: true
      });
    }
  }
  document.queryCommandSupported ??= () => false;
}

export {};
