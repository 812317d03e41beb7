import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { IRunsClient } from '../client/tokens';
import type { IExportSource } from './export-model';
import type { IExecution } from './tokens';

/** Bytes of the record of executed cells; the server writes at most half of it. */
const MOST_RECORD = 1_000_000;
/** Milliseconds that an idle kernel gets to say which modules it has loaded. */
const PATIENCE = 3000;
/** Loaded modules that lie below the working folder; evaluates without binding a name. */
const LOADED =
  "__import__('json').dumps({n: m.__file__ for n, m in list(__import__('sys').modules.items()) if '.' not in n and str(getattr(m, '__file__', None) or '').startswith(__import__('os').getcwd())})";

/** The notebook of a panel, as the export asks for it. */
export function exportSource(
  panel: NotebookPanel,
  runs: IRunsClient | null
): IExportSource {
  const { context, sessionContext } = panel;
  const kernel = sessionContext.session?.kernel ?? null;
  const path = context.localPath;
  return {
    path,
    content: () => context.model.toJSON(),
    kernel: kernel?.id ?? null,
    kernelName:
      kernel?.name ?? (sessionContext.kernelPreference.name || 'python3'),
    history: () => (runs ? history(runs, path) : Promise.resolve([])),
    seen: () => (kernel ? seen(kernel) : Promise.resolve({}))
  };
}

/** The executed cells that Cellruns kept with the newest run of the notebook. */
async function history(
  client: IRunsClient,
  notebook: string
): Promise<IExecution[]> {
  const { runs } = await client.runs({ notebook, limit: 1 });
  if (runs.length === 0) {
    return [];
  }
  const { tags } = await client.run(runs[0].run_id);
  const holder = tags['cellruns.provenance'] ?? runs[0].run_id;
  const text = await client.artifactText(
    holder,
    'cellruns/cells.json',
    MOST_RECORD
  );
  const record = JSON.parse(text) as { cells?: IExecution[] };
  return record.cells ?? [];
}

/** What a kernel that has nothing to do has loaded from its folder; nothing for any other. */
async function seen(
  kernel: Kernel.IKernelConnection
): Promise<Record<string, string | null>> {
  if (kernel.status !== 'idle') {
    return {};
  }
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { loaded: LOADED },
    allow_stdin: false
  });
  const late = new Promise<null>(resolve =>
    setTimeout(() => resolve(null), PATIENCE)
  );
  const reply = await Promise.race([future.done, late]);
  if (!reply || reply.content.status !== 'ok') {
    return {};
  }
  const value = reply.content.user_expressions.loaded as {
    data?: { 'text/plain'?: string };
  };
  const literal = value.data?.['text/plain'] ?? "'{}'";
  return JSON.parse(
    literal.slice(1, -1).replace(/\\\\/g, '\\').replace(/\\'/g, "'")
  ) as Record<string, string | null>;
}
