import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

import { RunCommands } from './command-ids';
import { columnLabel, parseColumn } from './columns';
import type { TableMemory } from './memory';
import type { TableModel } from './model';
import type { IScopeChoice } from './scope';
import { SmallMenu } from './small-menu';

/** Opens the menu of a table: its views, how it groups and folds, deleted runs. */
export async function openTableMenu(options: {
  model: TableModel;
  memory: TableMemory;
  choice: IScopeChoice;
  onChoose: (choice: IScopeChoice) => void;
  trans: TranslationBundle;
  x: number;
  y: number;
}): Promise<void> {
  const { model, memory, choice, trans } = options;
  const views = await memory.views().catch(() => ({}));
  const names = Object.keys(views).sort();
  const { state } = model;
  const small = new SmallMenu();
  small.add(trans.__('Save This View…'), async () => {
    const { value } = await InputDialog.getText({
      title: trans.__('Save this view'),
      label: trans.__(
        'Columns, order, grouping and filter are kept under this name.'
      ),
      okLabel: trans.__('Save')
    });
    if (value?.trim()) {
      await memory.saveView(value.trim(), model.state);
      Notification.success(trans.__('Saved as “%1”.', value.trim()), {
        autoClose: 3000
      });
    }
  });
  for (const name of names) {
    small.add(name, () =>
      model.adopt((views as Record<string, typeof state>)[name])
    );
  }
  if (names.length > 0) {
    const remove = small.submenu(trans.__('Remove a View'));
    names.forEach(name => remove.add(name, () => memory.removeView(name)));
  }
  small.separator();
  const group = small.submenu(trans.__('Group by'));
  group.add(trans.__('Nothing'), () => model.update({ group: null }), {
    isToggled: state.group === null
  });
  const groupable = [
    'attribute:experiment',
    'attribute:status',
    'attribute:user',
    'attribute:notebook',
    ...model.chosen
  ];
  for (const id of new Set(groupable)) {
    const column = parseColumn(id);
    if (column) {
      group.add(columnLabel(column, trans), () => model.update({ group: id }), {
        isToggled: state.group === id
      });
    }
  }
  small.add(
    trans.__('Fold Nested Runs'),
    () => model.update({ folded: !state.folded }),
    { isToggled: state.folded }
  );
  small.add(
    trans.__('Only Columns That Differ'),
    () => model.update({ differing: !state.differing }),
    { isToggled: state.differing }
  );
  small.separator();
  small.add(
    trans.__('Deleted Runs'),
    () => options.onChoose({ ...choice, deleted: !choice.deleted }),
    { isToggled: choice.deleted }
  );
  small.menu.open(options.x, options.y);
}

/** Opens the menu of the selected runs. */
export function openRunsMenu(options: {
  commands: CommandRegistry;
  runIds: readonly string[];
  deleted: boolean;
  x: number;
  y: number;
}): void {
  const { commands, runIds, deleted } = options;
  const menu = new Menu({ commands });
  menu.addClass('jp-Cellruns-menu');
  const args = { run_ids: [...runIds] };
  const add = (command: string, more: object = {}) => {
    if (commands.hasCommand(command)) {
      menu.addItem({ command, args: { ...args, ...more } });
    }
  };
  if (!deleted) {
    add(RunCommands.compare);
    add(RunCommands.openNotebook);
    menu.addItem({ type: 'separator' });
    add(RunCommands.tag);
    add(RunCommands.rename);
    add(RunCommands.note);
    add(RunCommands.end, { status: 'FINISHED' });
    add(RunCommands.end, { status: 'FAILED' });
    add(RunCommands.end, { status: 'KILLED' });
    menu.addItem({ type: 'separator' });
    add(RunCommands.push);
  }
  add(RunCommands.copyIds);
  add(RunCommands.openInMlflow);
  menu.addItem({ type: 'separator' });
  add(deleted ? RunCommands.restore : RunCommands.remove);
  menu.aboutToClose.connect(() => {
    requestAnimationFrame(() => menu.dispose());
  });
  menu.open(options.x, options.y);
}
