import { seededRandom } from '../../actors/engine/seeded-random.js';
import { allocateCandles, viewCandles, type Candles } from '../../protocols/candles/index.js';

/**
 * A made-up market. Its price is a level that drifts one way for days at a time, with swings about it that die out
 * within hours, so that following and fading both have something to find, and noise in both, so that neither always
 * does. Nothing in it looks ahead, and no strategy is asked about.
 */
export interface Market {
  readonly symbol: string;
  /** The price at the first bar, and where the drift pulls back to when it is far away. */
  readonly price: number;
  /** Price units by which one hour's level is drawn about its drift: one standard deviation. */
  readonly noise: number;
  /** Drift of the level while a trend lasts, price units an hour. */
  readonly drift: number;
  /** Standard deviation of the swings about the level, price units. */
  readonly swing: number;
  /** Time in which half of a swing dies out, hours. */
  readonly swingHalfHours: number;
  /** Mean length of a trend or of a pause between trends, hours. */
  readonly trendHours: number;
  /** Decimals of a quote. */
  readonly decimals: number;
}

const stepSeconds = 900;
const stepsPerHour = 4;
const daySeconds = 86_400;

/** Draws for each bar's shadow within a quarter of an hour. */
const shadow = 0.35;

/** Bars of 15 minutes from `fromS` to `toS`, without weekends: from Friday 22:00 to Sunday 22:00 UTC nothing trades. */
export function quarterHours(market: Market, seed: string, fromS: number, toS: number): Candles {
  const random = seededRandom(`${seed}/${market.symbol}`);
  const bars = allocateCandles(Math.ceil((toS - fromS) / stepSeconds));
  const walk = new Walk(market, random);
  const round = 10 ** market.decimals;
  const quote = (price: number): number => Math.round(price * round) / round;
  let length = 0;
  let open = quote(walk.price);
  for (let timeS = fromS; timeS < toS; timeS += stepSeconds) {
    if (isWeekend(timeS)) continue;
    const activity = activityAt(timeS);
    const close = quote(walk.step(activity));
    const reach = market.noise * activity * shadow;
    bars.timeS[length] = timeS;
    bars.open[length] = open;
    bars.close[length] = close;
    bars.high[length] = quote(Math.max(open, close) + reach * random());
    bars.low[length] = quote(Math.min(open, close) - reach * random());
    bars.volume[length] = Math.round(40 + 160 * activity * (0.5 + random()));
    open = close;
    length += 1;
  }
  return viewCandles(bars, 0, length);
}

class Walk {
  #level: number;
  #swing = 0;
  #direction = 0;
  /** Share of a swing that is left after a quarter of an hour. */
  readonly #kept: number;

  constructor(
    readonly market: Market,
    readonly random: () => number,
  ) {
    this.#level = market.price;
    this.#kept = 0.5 ** (1 / (market.swingHalfHours * stepsPerHour));
  }

  get price(): number {
    return this.#level + this.#swing;
  }

  /** A quarter of an hour further. */
  step(activity: number): number {
    const { noise, drift, swing, trendHours } = this.market;
    if (this.random() < 1 / (trendHours * stepsPerHour)) this.#direction = this.#nextDirection();
    this.#level += (drift / stepsPerHour) * this.#direction + (noise / 2) * activity * normal(this.random);
    const fresh = swing * Math.sqrt(1 - this.#kept ** 2);
    this.#swing = this.#kept * this.#swing + fresh * activity * normal(this.random);
    return this.price;
  }

  /** Up, down or no way at all; the further the level has gone, the likelier is the way back. */
  #nextDirection(): number {
    const { price, drift, trendHours } = this.market;
    const away = (this.#level - price) / (8 * drift * trendHours);
    const drawn = this.random() + Math.max(-0.3, Math.min(0.3, away));
    return drawn < 0.4 ? 1 : drawn > 0.6 ? -1 : 0;
  }
}

/**
 * Nearly a standard normal number: the sum of four uniform ones, centred, with its deviation of 1/√3 taken out. No
 * function of the platform can change a sample, and a market is drawn in a moment.
 */
function normal(random: () => number): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3);
}

/** Thursday was the first day of 1970. */
function isWeekend(timeS: number): boolean {
  const day = (Math.floor(timeS / daySeconds) + 4) % 7;
  const hour = Math.floor((timeS % daySeconds) / 3_600);
  return day === 6 || (day === 5 && hour >= 22) || (day === 0 && hour < 22);
}

/** Quiet nights, busy afternoons (UTC): from 0.5 to 1.4. */
function activityAt(timeS: number): number {
  const hour = (timeS % daySeconds) / 3_600;
  return hour < 6 ? 0.7 : hour < 12 ? 1.1 : hour < 17 ? 1.4 : hour < 21 ? 0.8 : 0.5;
}
