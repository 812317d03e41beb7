/** MIME type of the card under a cell that logged models. */
export const CARD_MIME = 'application/vnd.cellruns.model.v1+json';

/** A model on a card, as the kernel told of it when it was stored. */
export interface ICardModel {
  readonly name: string;
  readonly modelId: string;
  readonly uri: string | null;
  readonly run: string | null;
  readonly runName: string | null;
  readonly flavors: readonly string[];
  /** Inputs and outputs in one line. */
  readonly signature: string | null;
  /** Bytes. */
  readonly size: number | null;
  /** Text of the MLmodel file; null where it was too long. */
  readonly mlmodel: string | null;
  /** Beginning of requirements.txt. */
  readonly requirements: string | null;
  readonly registered: readonly { name: string; version: string }[];
  /** False where the user's code logged it to a store that Cellruns does not know. */
  readonly attached: boolean;
  /** Id of the store that it was logged to, where that was said. */
  readonly store: string | null;
}

/** What a card output holds. */
export interface ICard {
  readonly models: readonly ICardModel[];
  /** Models that the cell logged; the card holds the last ones. */
  readonly total: number;
}

/** Read a card; throws an Error that says what is wrong with it. */
export function decodeCard(data: unknown): ICard {
  const card = map(data, 'card');
  if (card.version !== 1) {
    throw new Error(
      `version ${String(card.version)} is not known to this Cellruns`
    );
  }
  if (!Array.isArray(card.models)) {
    throw new Error('models: wants a list');
  }
  const models = (card.models as unknown[]).map((item, index) =>
    model(map(item, `models[${index}]`))
  );
  const total = typeof card.models_total === 'number' ? card.models_total : 0;
  return { models, total: Math.max(total, models.length) };
}

function model(item: Record<string, unknown>): ICardModel {
  return {
    name: text(item.name) ?? '',
    modelId: text(item.model_id) ?? '',
    uri: text(item.uri),
    run: text(item.run),
    runName: text(item.run_name),
    flavors: list(item.flavors).map(String),
    signature: text(item.signature),
    size: typeof item.size === 'number' ? item.size : null,
    mlmodel: text(item.mlmodel),
    requirements: text(item.requirements),
    attached: item.attached !== false,
    store: text(item.store),
    registered: list(item.registered).map(entry => {
      const { name, version } = map(entry, 'registered');
      return { name: text(name) ?? '', version: text(version) ?? '' };
    })
  };
}

function map(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${at}: wants an object`);
  }
  return value as Record<string, unknown>;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
