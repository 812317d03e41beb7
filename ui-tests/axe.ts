import type { Page } from '@playwright/test';
import * as fs from 'node:fs';

/** What axe-core finds wrong within an element, in short. */
export async function violations(
  page: Page,
  selector: string
): Promise<string[]> {
  const source = fs.readFileSync(require.resolve('axe-core'), 'utf8');
  await page.evaluate(source);
  return page.evaluate(async where => {
    const { axe } = window as unknown as {
      axe: {
        run(context: string): Promise<{
          violations: {
            id: string;
            nodes: { html: string; failureSummary: string }[];
          }[];
        }>;
      };
    };
    const found = await axe.run(where);
    return found.violations.flatMap(one =>
      one.nodes.map(
        node => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`
      )
    );
  }, selector);
}
