import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

/** A menu whose entries are functions. */
export class SmallMenu {
  constructor() {
    this.menu.addClass('jp-Cellruns-menu');
    this.menu.aboutToClose.connect(() => {
      // The command runs after the menu has closed.
      requestAnimationFrame(() => this.menu.dispose());
    });
  }

  readonly commands = new CommandRegistry();
  readonly menu = new Menu({ commands: this.commands });

  add(
    label: string,
    execute: () => unknown,
    options: { isToggled?: boolean; isEnabled?: boolean } = {}
  ): void {
    const id = `entry-${this.menu.items.length}`;
    this.commands.addCommand(id, {
      label,
      execute,
      isToggled: () => options.isToggled === true,
      isToggleable: options.isToggled !== undefined,
      isEnabled: () => options.isEnabled !== false,
      describedBy: { args: { type: 'object', properties: {} } }
    });
    this.menu.addItem({ command: id });
  }

  separator(): void {
    this.menu.addItem({ type: 'separator' });
  }

  submenu(label: string): SmallMenu {
    const below = new SmallMenu();
    below.menu.title.label = label;
    this.menu.addItem({ type: 'submenu', submenu: below.menu });
    return below;
  }
}
