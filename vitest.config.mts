import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/**
 * JupyterLab's packages are ES modules that Node alone can't load (no file
 * endings, imported CSS and SVG), so they go through Vite like our own code.
 */
export default defineConfig({
  plugins: [
    {
      // The builder hands an imported SVG over as text; tests see the same.
      name: 'svg-as-text',
      enforce: 'pre',
      load(id) {
        const file = id.split('?', 1)[0];
        return file.endsWith('.svg')
          ? `export default ${JSON.stringify(readFileSync(file, 'utf8'))};`
          : null;
      }
    }
  ],
  test: {
    include: ['src/**/__tests__/**/*.spec.{ts,tsx}'],
    environment: 'node',
    setupFiles: ['./vitest.setup.mts'],
    restoreMocks: true,
    testTimeout: 20000,
    server: {
      deps: {
        inline: [/@jupyterlab\//, /@jupyter\//, /@lumino\//, /@microsoft\//]
      }
    }
  }
});
