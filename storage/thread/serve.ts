/** The thread's side: takes all calls that wait, lets the session deal with as many as it wants, answers, repeats. */
import type { MessagePort } from 'node:worker_threads';
import { receiveMessageOnPort } from 'node:worker_threads';
import type { Answer, Call, FromThread, ToThread } from './messages.js';

export interface Session {
  /** Takes at least one call from the front of `waiting` and answers what it took. */
  step(waiting: Call[]): readonly Answer[];
  stats(): unknown;
  close(): void;
}

/** Ends by itself: after `close` and the last call, the session is closed and nothing keeps the thread alive. */
export function serve(port: MessagePort, session: Session): void {
  const waiting: Call[] = [];
  let closing = false;
  const take = (message: ToThread): void => {
    if (message.type === 'close') closing = true;
    else for (const call of message.calls) waiting.push(call);
  };
  const send = (message: FromThread): void => {
    port.postMessage(message);
  };
  port.on('message', (message: ToThread) => {
    take(message);
    for (;;) {
      // What arrived during the last commit joins this one; no timer decides how long to gather.
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        take(next.message as ToThread);
      }
      if (waiting.length === 0) break;
      const answers = session.step(waiting);
      send({ type: 'answers', answers, stats: session.stats() });
    }
    if (closing) {
      session.close();
      port.close();
    }
  });
}
