import { daySeconds } from './row-laws.js';
import type { CandleWarning } from './verdict.js';

/** Counts the distances between neighbouring timestamps, to tell a file's bar length and its gaps. */
export class Steps {
  readonly #counts = new Map<number, number>();
  #current = -1;
  #run = 0;

  /** Runs of one step are counted outside the map, because almost every step repeats the one before. */
  add(seconds: number): void {
    if (seconds === this.#current) {
      this.#run += 1;
      return;
    }
    this.#flush();
    this.#current = seconds;
    this.#run = 1;
  }

  /** The commonest step, the shorter on ties; null without any. */
  commonest(): number | null {
    this.#flush();
    let best: number | null = null;
    let bestCount = 0;
    for (const [seconds, count] of this.#counts) {
      if (count > bestCount || (count === bestCount && best !== null && seconds < best)) {
        best = seconds;
        bestCount = count;
      }
    }
    return best;
  }

  /** One warning for all gaps and one for all steps off the bar grid, however many there are. */
  warnings(): CandleWarning[] {
    const step = this.commonest();
    if (step === null) return [];
    let gaps = 0;
    let longest = 0;
    let irregular = 0;
    for (const [seconds, count] of this.#counts) {
      if (seconds > step) gaps += count;
      if (seconds % step !== 0) irregular += count;
      longest = Math.max(longest, seconds);
    }
    const found: CandleWarning[] = [];
    if (gaps > 0) {
      const message = `${gaps} steps are longer than one bar of ${duration(step)}, the longest ${duration(longest)}`;
      found.push({ code: 'gaps', message });
    }
    if (irregular > 0) {
      const message = `${irregular} steps are no multiple of the commonest step, ${duration(step)}`;
      found.push({ code: 'irregular_steps', message });
    }
    return found;
  }

  #flush(): void {
    if (this.#run > 0) this.#counts.set(this.#current, (this.#counts.get(this.#current) ?? 0) + this.#run);
    this.#run = 0;
  }
}

/** Seconds as a person says them: `2 d 3 h`, `46 min`, `30 s`. */
function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / daySeconds), 'd'],
    [Math.floor((seconds % daySeconds) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [seconds % 60, 's'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
