import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import React, { useEffect, useRef } from 'react';

import { useView } from './context';

/** Renders Markdown; who asks disposes of what was rendered. */
export type MarkdownRenderer = (
  text: string
) => Promise<{ node: HTMLElement; dispose(): void }>;

/** JupyterLab's own renderer, which cleans what it renders; null where there is none. */
export function markdownRenderer(
  rendermime: IRenderMimeRegistry | null
): MarkdownRenderer | null {
  return (
    rendermime &&
    (async text => {
      const renderer = rendermime.createRenderer('text/markdown');
      await renderer.renderModel(
        rendermime.createModel({ data: { 'text/markdown': text } })
      );
      return renderer;
    })
  );
}

/** Text in Markdown, as text where there is no renderer. */
export function Markdown(props: { text: string }): JSX.Element {
  const { text } = props;
  const { markdown } = useView();
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let rendered: { dispose(): void } | null = null;
    let current = true;
    void markdown?.(text).then(widget => {
      rendered = widget;
      if (current) {
        node.current?.replaceChildren(widget.node);
      } else {
        widget.dispose();
      }
    });
    return () => {
      current = false;
      rendered?.dispose();
    };
  }, [markdown, text]);
  return (
    <div ref={node} className="jp-Cellruns-note">
      {text}
    </div>
  );
}
