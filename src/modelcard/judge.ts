import { parseRequirements } from '../models/environment';
import { parseMLmodel } from '../models/mlmodel';
import type { ITrans } from '../text';
import type { IKernelChoice, IModelsClient } from '../models/tokens';
import {
  IFlavorVerdict,
  judge,
  Verdict,
  VERDICTS,
  wantedBy
} from '../models/verdict';
import { verdictWords } from '../models/verdictPanel';
import type { ICardModel } from './payload';

/** Whether a model of a card loads in a kernel: the worst of its flavors' verdicts. */
export interface ICardVerdict {
  verdict: Verdict;
  words: string;
  reasons: string;
}

/** Judge a model of a card for a kernel; null where the card does not hold the file. */
export async function judgeCard(
  model: ICardModel,
  kernel: IKernelChoice,
  client: Pick<IModelsClient, 'check'>,
  trans: ITrans
): Promise<ICardVerdict | null> {
  if (model.mlmodel === null) {
    return null;
  }
  const file = parseMLmodel(model.mlmodel, trans);
  const environment =
    model.requirements === null
      ? null
      : parseRequirements(model.requirements, trans);
  const wanted = wantedBy(file, environment, trans);
  const answer = await client.check(kernel, wanted, false);
  const verdicts = judge(file, environment, answer, trans);
  return verdicts.length > 0 ? worst(verdicts, trans) : null;
}

function worst(verdicts: IFlavorVerdict[], trans: ITrans): ICardVerdict {
  const rank = (item: IFlavorVerdict): number => VERDICTS.indexOf(item.verdict);
  const [first] = [...verdicts].sort((a, b) => rank(b) - rank(a));
  return {
    verdict: first.verdict,
    words: verdictWords(first.verdict, trans),
    reasons: verdicts
      .flatMap(item => item.reasons.map(reason => `${item.flavor}: ${reason}`))
      .join('\n')
  };
}
