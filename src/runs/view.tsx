import React, { useCallback, useEffect, useMemo } from 'react';

import type { IRunsClient } from '../client/tokens';
import type { ILiveRuns } from '../live/tokens';
import type { TableMemory } from '../table/memory';
import { TableModel } from '../table/model';
import type { IScopeChoice } from '../table/scope';
import { TableView } from '../table/view';
import { useSignal, ViewContext, type IViewContext } from './context';
import { RunDetail } from './detail';
import type { PanelState } from './panel-state';

/** What the panel's views are made of. */
export interface IRunsViewOptions extends IViewContext {
  state: PanelState;
  client: IRunsClient;
  live: ILiveRuns | null;
  memory: TableMemory;
}

/** The whole panel: the list of runs, or one of them. */
export function RunsView(props: IRunsViewOptions): JSX.Element {
  const { state, client, live, memory, trans, commands, copy } = props;
  useSignal(state.changed);
  const model = useMemo(
    () => new TableModel({ client, live, memory }),
    [client, live, memory]
  );
  const { openRun, isVisible, notebook, choice } = state;
  const open = useCallback((id: string) => state.open(id), [state]);
  const openTab = (choice: IScopeChoice) =>
    void commands.execute('cellruns:open-runs-table', {
      mode: choice.mode,
      ...(choice.experiments ? { experiments: [...choice.experiments] } : {}),
      ...(notebook === null ? {} : { notebook })
    });
  useEffect(
    () => model.setActive(isVisible && openRun === null),
    [model, isVisible, openRun]
  );
  useEffect(() => {
    const refresh = () => void model.refresh();
    state.refreshRequested.connect(refresh);
    return () => {
      state.refreshRequested.disconnect(refresh);
    };
  }, [state, model]);
  const context = useMemo(
    () => ({ trans, commands, copy, markdown: props.markdown }),
    [trans, commands, copy, props.markdown]
  );
  return (
    <ViewContext.Provider value={context}>
      {openRun === null ? (
        <TableView
          model={model}
          memory={memory}
          client={client}
          choice={choice}
          onChoose={choice => {
            state.choose(choice);
            void memory.remember('scope', {
              mode: choice.mode,
              experiments: choice.experiments
            });
          }}
          notebook={notebook}
          follows={true}
          start={state.lastRun}
          onOpen={open}
          onOpenTab={openTab}
        />
      ) : (
        <RunDetail
          key={openRun}
          runId={openRun}
          client={client}
          live={live}
          onBack={() => state.open(null)}
          onOpen={id => state.open(id)}
        />
      )}
    </ViewContext.Provider>
  );
}
