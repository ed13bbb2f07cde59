/** Whether a worker's answer has the shape of one: what comes from another thread is looked at before it is believed. */
export const isEvaluationAnswer = (value: unknown): value is unknown =>
  Array.isArray(value) ? value.every(isFinding) : isSelection(value);

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isFigure = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value);
const isFigureOrNull = (value: unknown): boolean => value === null || isFigure(value);

/** A leg on its own, or what its pair's other trades say. */
const isFinding = (value: unknown): boolean =>
  isObject(value) &&
  ('strategyId' in value
    ? typeof value['strategyId'] === 'string' && isFigure(value['trades']) && isFigure(value['score'])
    : isFigureOrNull(value['oosSharpe']) && isFigureOrNull(value['cpcvSharpe']));

const counts = ['tested', 'overlapTooSmall', 'tooCorrelated', 'strict', 'rescuable'] as const;
const figures = ['points', 'correlation', 'weightA', 'weightB', 'sharpe', 'profitFactor', 'score'] as const;

const isSelection = (value: unknown): boolean =>
  isObject(value) &&
  counts.every((count) => Number.isSafeInteger(value[count])) &&
  [value['bestStrict'], value['bestRescuable']].every((pairs) => Array.isArray(pairs) && pairs.every(isKept));

const isKept = (value: unknown): boolean => {
  if (!isObject(value) || typeof value['a'] !== 'string' || typeof value['b'] !== 'string') return false;
  const found = value['figures'];
  return isObject(found) && figures.every((figure) => isFigure(found[figure]));
};
