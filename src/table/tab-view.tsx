import React, { useEffect, useMemo } from 'react';

import { ViewContext } from '../runs/context';
import { TableModel } from './model';
import type { IScopeChoice } from './scope';
import type { ITabOptions } from './tab';
import { TableView } from './view';

/** The content of the tab. */
export function RunsTableTab(
  props: ITabOptions & {
    isVisible: boolean;
    onChoose: (choice: IScopeChoice) => void;
  }
): JSX.Element {
  const { client, live, memory, isVisible, trans, commands, copy } = props;
  const model = useMemo(
    () => new TableModel({ client, live, memory }),
    [client, live, memory]
  );
  useEffect(() => () => model.dispose(), [model]);
  useEffect(() => model.setActive(isVisible), [model, isVisible]);
  const context = useMemo(
    () => ({ trans, commands, copy, markdown: props.markdown }),
    [trans, commands, copy, props.markdown]
  );
  return (
    <ViewContext.Provider value={context}>
      <TableView
        model={model}
        memory={memory}
        client={client}
        choice={props.choice}
        onChoose={props.onChoose}
        notebook={props.notebook}
        follows={props.notebook !== null}
        start={null}
        onOpen={props.onOpen}
      />
    </ViewContext.Provider>
  );
}
