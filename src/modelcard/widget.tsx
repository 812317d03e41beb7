import type { IRenderMime } from '@jupyterlab/rendermime';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { ITrans } from '../text';
import type { IKernelChoice, IModelsClient } from '../models/tokens';
import { Card, ICardNews } from './card';
import { CARD_MIME, decodeCard, type ICard } from './payload';

/** Renders the card of the models that a cell logged. */
export class ModelCard extends ReactWidget implements IRenderMime.IRenderer {
  constructor(options: ModelCard.IOptions) {
    super();
    this.addClass('jp-Cellruns-modelCards');
    this._options = options;
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    try {
      this._card = decodeCard(model.data[CARD_MIME]);
      this._fault = '';
    } catch (error) {
      this._card = null;
      this._fault = error instanceof Error ? error.message : String(error);
    }
    this.update();
    void this._ask();
    return Promise.resolve();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    void this._ask();
  }

  protected override render(): React.JSX.Element {
    const { trans, commands } = this._options;
    return this._card ? (
      <Card
        card={this._card}
        news={this._news}
        commands={commands}
        trans={trans}
      />
    ) : (
      <p role="alert">
        {this._fault && trans.__('This card cannot be shown: %1', this._fault)}
      </p>
    );
  }

  /** What only the server knows: the verdict for the notebook's kernel, and the versions there are now. */
  private async _ask(): Promise<void> {
    const { kernelOf, trans } = this._options;
    const card = this._card;
    if (!card || !this.isAttached) {
      return;
    }
    const client = await this._options.client();
    const pending = kernelOf(this.node);
    const show = (): void => {
      if (!this.isDisposed) {
        this.update();
      }
    };
    // A saved notebook may be open where no server knows its models: the card says what it holds.
    const nothing = (): void => undefined;
    await Promise.all(
      card.models.flatMap(model => {
        const news: ICardNews = { store: model.store ?? undefined };
        this._news.set(model.modelId, news);
        const judged = pending.then(async kernel => {
          const { judgeCard } = await import('./judge');
          news.verdict = kernel
            ? await judgeCard(model, kernel, client, trans)
            : null;
          show();
        }, nothing);
        const placed = async (): Promise<void> => {
          if (model.run && model.attached) {
            const { run, modelId, uri, store } = model;
            const found = await client.versions(run, idOf(modelId), store);
            news.versions = found.versions.filter(version =>
              isOf(version.source, modelId, uri)
            );
            news.store = found.store;
            show();
          }
        };
        return [judged.catch(nothing), placed().catch(nothing)];
      })
    );
  }

  private _options: ModelCard.IOptions;
  private _card: ICard | null = null;
  private _fault = '';
  private _news = new Map<string, ICardNews>();
}

/** Namespace for `ModelCard`. */
export namespace ModelCard {
  /** Options of a card. */
  export interface IOptions {
    /** The routes of models, loaded with the first card. */
    client: () => Promise<Pick<IModelsClient, 'check' | 'versions'>>;
    commands: CommandRegistry;
    /** The kernel of the notebook that a node is in. */
    kernelOf: (node: HTMLElement) => Promise<IKernelChoice | null>;
    trans: ITrans;
  }
}

function idOf(modelId: string): string | null {
  return modelId.startsWith('m-') ? modelId : null;
}

/** Whether a version was made of a model, by its source. */
function isOf(
  source: string | undefined,
  modelId: string,
  uri: string | null
): boolean {
  const path = /^runs:\/+[^/]+\/(.+)$/.exec(uri ?? '')?.[1];
  return (
    !!source &&
    (source.includes(modelId) ||
      (path !== undefined &&
        source.replace(/\/$/, '').endsWith(`/artifacts/${path}`)))
  );
}
