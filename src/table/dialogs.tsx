import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

class Form extends ReactWidget implements Dialog.IBodyWidget<FormData | null> {
  constructor(private _body: JSX.Element) {
    super();
    this.addClass('jp-Cellruns-dialog');
  }

  getValue(): FormData | null {
    const form = this.node.querySelector('form');
    return form && new FormData(form);
  }

  protected override render(): JSX.Element {
    return <form onSubmit={event => event.preventDefault()}>{this._body}</form>;
  }
}

function field(form: FormData | null, name: string): string {
  const value = form?.get(name);
  return typeof value === 'string' ? value : '';
}

/** A tag to set on runs, or to take away; null where the user changed their mind. */
export async function askTag(
  runs: number,
  trans: TranslationBundle
): Promise<{ set: Record<string, string> } | { remove: string[] } | null> {
  const remove = Dialog.createButton({
    label: trans.__('Remove the Tag'),
    accept: true
  });
  const { button, value } = await showDialog({
    title: trans._n('Tag the run', 'Tag %1 runs', runs),
    body: new Form(
      <>
        <label>
          {trans.__('Tag')}
          <input name="key" type="text" maxLength={250} />
        </label>
        <label>
          {trans.__('Value')}
          <input name="value" type="text" maxLength={8000} />
        </label>
      </>
    ),
    focusNodeSelector: 'input[name="key"]',
    buttons: [
      Dialog.cancelButton(),
      remove,
      Dialog.okButton({ label: trans.__('Set the Tag') })
    ]
  });
  const key = field(value, 'key').trim();
  if (!button.accept || !key) {
    return null;
  }
  return button.label === remove.label
    ? { remove: [key] }
    : { set: { [key]: field(value, 'value') } };
}

/** A note (Markdown) for runs, or null where the user changed their mind. */
export async function askNote(
  runs: number,
  known: string,
  trans: TranslationBundle
): Promise<string | null> {
  const { button, value } = await showDialog({
    title: trans._n('Note on the run', 'Note on %1 runs', runs),
    body: new Form(
      <label>
        {trans.__('Note (Markdown)')}
        <textarea
          name="note"
          rows={10}
          cols={60}
          maxLength={8000}
          defaultValue={known}
          // Enter is a new line here; the dialog would take it for "OK".
          onKeyDown={event => {
            if (event.key === 'Enter') {
              event.stopPropagation();
            }
          }}
        />
      </label>
    ),
    focusNodeSelector: 'textarea',
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Save') })
    ]
  });
  return button.accept ? field(value, 'note').trim() : null;
}
