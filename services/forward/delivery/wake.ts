/** A sleep that can be ended. */
export class Wake {
  #end: (() => void) | undefined;
  #pending = false;
  #stop: () => void = () => undefined;
  readonly stopped = new Promise<void>((resolve) => {
    this.#stop = resolve;
  });

  now(): void {
    if (this.#end === undefined) this.#pending = true;
    else this.#end();
  }

  stop(): void {
    this.#stop();
    this.now();
  }

  async after(ms: number): Promise<void> {
    if (this.#pending) {
      this.#pending = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
      const end = () => done();
      this.#end = end;
      function done(this: void) {
        clearTimeout(timer);
        resolve();
      }
    });
    this.#end = undefined;
  }
}
