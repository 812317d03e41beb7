import { closeIcon, searchIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useId, useRef, useState } from 'react';

import type { RunsError } from '../client/errors';
import { IconButton, useSignal, useView } from '../runs/context';
import { complete, type ICompletion } from './completer';
import { readFilter } from './filter';
import type { TableModel } from './model';

/** The field for words and for MLflow's filter language, with what can stand at the cursor and what is wrong. */
export function FilterBox(props: {
  model: TableModel;
  inputRef: React.RefObject<HTMLInputElement>;
  onLeave: () => void;
}): JSX.Element {
  const { model, inputRef } = props;
  const { trans } = useView();
  useSignal(model.changed);
  const id = useId();
  const text = model.state.filter;
  const [offered, setOffered] = useState<readonly ICompletion[]>([]);
  const [chosen, setChosen] = useState(-1);
  const asked = useRef(0);
  const isFilter = readFilter(text).filter !== '';
  const error = isFilter ? model.filterError : null;

  const offer = async (
    value: string,
    cursor: number | null,
    wanted = false
  ) => {
    const request = ++asked.current;
    if (!wanted && value.trim() === '') {
      setOffered([]);
      return;
    }
    const found = await complete(value, cursor ?? value.length, {
      offers: model.offers.all ?? [],
      values: (column, prefix) => model.offers.values(column, prefix)
    });
    if (request === asked.current) {
      setOffered(found);
      setChosen(-1);
    }
  };
  const close = () => {
    asked.current += 1;
    setOffered([]);
  };
  const accept = (completion: ICompletion) => {
    const input = inputRef.current;
    const cursor = input?.selectionStart ?? text.length;
    const before = text.slice(0, completion.from) + completion.insert;
    const next = before + text.slice(cursor).replace(/^\s+/, '');
    if (input) {
      // At once, and not with the next drawing: the next key may be there first, and has to find the cursor in place.
      input.value = next;
      input.focus();
      input.setSelectionRange(before.length, before.length);
    }
    model.update({ filter: next });
    void offer(next, before.length);
  };
  // Names come when they are known.
  const known = model.offers.all !== null;
  useEffect(() => {
    if (known && document.activeElement === inputRef.current && text) {
      void offer(text, inputRef.current?.selectionStart ?? null);
    }
  }, [known]);

  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    const stop = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    const open = offered.length > 0;
    if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      stop();
      const by = event.key === 'ArrowDown' ? 1 : -1;
      setChosen(
        (chosen + by + offered.length + (chosen < 0 && by < 0 ? 1 : 0)) %
          offered.length
      );
    } else if (
      open &&
      (event.key === 'Enter' || event.key === 'Tab') &&
      (chosen >= 0 || event.key === 'Tab')
    ) {
      stop();
      accept(offered[Math.max(0, chosen)]);
    } else if (open && event.key === 'Escape') {
      stop();
      close();
    } else if (event.key === 'Escape' && text) {
      stop();
      model.update({ filter: '' });
    } else if (['Escape', 'ArrowDown', 'Enter'].includes(event.key)) {
      stop();
      close();
      props.onLeave();
    } else if (event.key === ' ' && event.ctrlKey) {
      stop();
      void offer(text, event.currentTarget.selectionStart, true);
    }
  };

  return (
    <div className="jp-Cellruns-filterBox">
      <div className="jp-Cellruns-filter">
        <searchIcon.react tag="span" />
        <input
          ref={inputRef}
          type="text"
          role="combobox"
          spellCheck={false}
          autoComplete="off"
          value={text}
          placeholder={trans.__(
            'Words, or metrics.loss < 0.1 and params.lr = "0.1"'
          )}
          aria-label={trans.__(
            'Filter runs by words or in MLflow’s filter language'
          )}
          aria-keyshortcuts="/"
          aria-autocomplete="list"
          aria-expanded={offered.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-invalid={error !== null}
          aria-describedby={error ? `${id}-error` : undefined}
          data-filter={isFilter}
          onFocus={() => {
            model.offers.warm();
          }}
          onBlur={close}
          onChange={event => {
            const { value, selectionStart } = event.currentTarget;
            model.update({ filter: value });
            void offer(value, selectionStart);
          }}
          onKeyDown={onKeyDown}
        />
        {text ? (
          <IconButton
            icon={closeIcon}
            label={trans.__('Clear the filter')}
            onClick={() => {
              model.update({ filter: '' });
              close();
              inputRef.current?.focus();
            }}
          />
        ) : null}
      </div>
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label={trans.__('Completions')}
        className="jp-Cellruns-completions"
        hidden={offered.length === 0}
      >
        {offered.map((completion, index) => (
          <li
            key={completion.label}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            ref={node => {
              if (index === chosen) {
                node?.scrollIntoView({ block: 'nearest' });
              }
            }}
            // The field keeps the focus.
            onMouseDown={event => event.preventDefault()}
            onClick={() => accept(completion)}
          >
            {completion.label}
          </li>
        ))}
      </ul>
      {error ? (
        <FilterFault id={`${id}-error`} text={text.trim()} error={error} />
      ) : null}
    </div>
  );
}

/** A filter with what is wrong marked, and what to do. */
function FilterFault(props: {
  id: string;
  text: string;
  error: RunsError;
}): JSX.Element {
  const { text, error } = props;
  const [start, end] = error.span ?? [0, 0];
  return (
    <div id={props.id} role="alert" className="jp-Cellruns-filterFault">
      <code>
        {text.slice(0, start)}
        <mark>{text.slice(start, end) || '\u00a0'}</mark>
        {text.slice(end)}
      </code>
      <span>
        {error.message}. {error.hint}
      </span>
    </div>
  );
}
