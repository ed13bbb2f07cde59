import { NameTaken } from './behavior.js';
import type { Process } from './process.js';

/**
 * Who is reached by which name.
 *
 * A *registered* name belongs to one incarnation and is free again, before anyone learns of it, when that dies. An
 * *assigned* name (of a child spec) belongs to the place, and reaches whichever incarnation lives there.
 */
export class Registry {
  readonly #registered = new Map<string, Process>();
  readonly #assigned = new Map<string, Process>();

  find(name: string): Process | undefined {
    return this.#registered.get(name) ?? this.#assigned.get(name);
  }

  /** @throws NameTaken */
  register(name: string, process: Process): void {
    this.#refuseIfTaken(name, process);
    this.#registered.set(name, process);
    (process.names ??= new Set()).add(name);
  }

  unregister(name: string, process: Process): void {
    if (process.names?.delete(name) === true) this.#registered.delete(name);
  }

  releaseAll(process: Process): void {
    if (process.names === undefined) return;
    for (const name of process.names) this.#registered.delete(name);
    process.names = undefined;
  }

  /** @returns who else holds the name, which is then left alone */
  assign(name: string, process: Process): Process | undefined {
    const holder = this.find(name);
    if (holder === undefined) this.#assigned.set(name, process);
    return holder === process ? undefined : holder;
  }

  unassign(name: string | undefined, process: Process): void {
    if (name !== undefined && this.#assigned.get(name) === process) this.#assigned.delete(name);
  }

  get size(): number {
    return this.#registered.size + this.#assigned.size;
  }

  #refuseIfTaken(name: string, process: Process): void {
    const holder = this.find(name);
    if (holder !== undefined && holder !== process) throw new NameTaken(name, holder.handle);
  }
}
