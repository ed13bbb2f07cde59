/**
 * Says on stderr what is being waited for: one line that is redrawn on a terminal, else a line at the start and one
 * every 15 s, so that a log stays short. stdout is left alone; it may be carrying somebody's JSON.
 */
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 120;
const QUIET_MS = 15_000;

export const say = (line) => process.stderr.write(`holdfast setup: ${line}\n`);

/** Shows `title` until `done` is called; `detail` is the part of the work at hand. */
export function startProgress(title) {
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 1_000);
  const isTerminal = process.stderr.isTTY === true;
  let detail = '';
  let frame = 0;

  const redraw = () => {
    frame = (frame + 1) % FRAMES.length;
    const line = `${FRAMES[frame]} ${title}: ${seconds()} s${detail && `  ${detail}`}`;
    process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
  };
  const remind = () => say(`still ${title}: ${seconds()} s${detail && ` (${detail})`}`);

  if (!isTerminal) say(title);
  const timer = setInterval(isTerminal ? redraw : remind, isTerminal ? REDRAW_MS : QUIET_MS);
  return {
    detail: (text) => {
      detail = text;
    },
    done: (outcome) => {
      clearInterval(timer);
      if (isTerminal) process.stderr.write('\r\x1b[2K');
      say(`${title}: ${outcome} after ${seconds()} s`);
    },
  };
}
