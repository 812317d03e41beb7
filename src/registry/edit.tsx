import * as React from 'react';

import { Button } from '../models/parts';
import type { ITag } from '../models/registry';
import type { ITrans } from '../text';

/** A text that becomes a field when it is to be changed. */
export function EditText(props: {
  label: string;
  text: string;
  placeholder: string;
  trans: ITrans;
  save: (text: string) => Promise<boolean>;
}): React.JSX.Element {
  const { label, text, placeholder, trans } = props;
  const [draft, setDraft] = React.useState<string | null>(null);
  if (draft === null) {
    return (
      <div className="jp-Cellruns-registryText">
        {text ? (
          <span>{text}</span>
        ) : (
          <span className="jp-Cellruns-modelFaint">{placeholder}</span>
        )}{' '}
        <Button
          isLink
          label={trans.__('Edit')}
          title={label}
          onClick={() => setDraft(text)}
        />
      </div>
    );
  }
  const save = async (): Promise<void> => {
    if (draft === text || (await props.save(draft))) {
      setDraft(null);
    }
  };
  return (
    <div className="jp-Cellruns-registryText">
      <textarea
        className="jp-Cellruns-modelText"
        autoFocus
        rows={2}
        aria-label={label}
        value={draft}
        onChange={event => setDraft(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            setDraft(null);
          } else if (
            event.key === 'Enter' &&
            (event.ctrlKey || event.metaKey)
          ) {
            void save();
          }
        }}
      />
      <div className="jp-Cellruns-modelBar">
        <Button label={trans.__('Save')} onClick={() => void save()} />
        <Button label={trans.__('Cancel')} onClick={() => setDraft(null)} />
      </div>
    </div>
  );
}

/** Tags as `key: value`, each removed by a click, and a field for another. */
export function Tags(props: {
  tags: readonly ITag[];
  trans: ITrans;
  add: (key: string, value: string) => Promise<boolean>;
  remove: (key: string) => Promise<boolean>;
}): React.JSX.Element {
  const { tags, trans } = props;
  const [text, setText] = React.useState<string | null>(null);
  const shown = tags.filter(tag => !tag.key.startsWith('mlflow.'));
  const [key, ...rest] = (text ?? '').split(/[=:]/);
  return (
    <div className="jp-Cellruns-registryTags">
      {shown.map(tag => (
        <span key={tag.key} className="jp-Cellruns-modelAlias">
          {tag.value ? `${tag.key}: ${tag.value}` : tag.key}
          <button
            type="button"
            aria-label={trans.__('Remove the tag %1', tag.key)}
            onClick={() => void props.remove(tag.key)}
          >
            ×
          </button>
        </span>
      ))}
      {text === null ? (
        <Button
          isLink
          label={trans.__('Add a tag')}
          onClick={() => setText('')}
        />
      ) : (
        <form
          onSubmit={event => {
            event.preventDefault();
            void props
              .add(key.trim(), rest.join('=').trim())
              .then(done => done && setText(null));
          }}
        >
          <input
            className="jp-Cellruns-modelField"
            autoFocus
            placeholder={trans.__('key=value')}
            aria-label={trans.__('New tag, key=value')}
            value={text}
            onChange={event => setText(event.target.value)}
            onKeyDown={event => {
              if (event.key === 'Escape') {
                event.stopPropagation();
                setText(null);
              }
            }}
          />
          <button
            type="submit"
            className="jp-Cellruns-modelButton"
            disabled={!key.trim()}
          >
            {trans.__('Add')}
          </button>
        </form>
      )}
    </div>
  );
}
