/** Background work, one job at a time: a day is written while the next is played. */

/** At most one job runs. */
export interface Behind {
  /** Waits for the job before and starts this one. @throws what the job before threw */
  begin(job: () => Promise<void>): Promise<void>;
  /** Waits for the last job. @throws what it threw */
  end(): Promise<void>;
  /** Waits for the last job and ignores its error: for a caller that already fails for another reason. */
  settle(): Promise<void>;
}

/** Starts with nothing to wait for. */
export function workBehind(): Behind {
  let running: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  const end = async (): Promise<void> => {
    await running;
    if (failure !== undefined) throw failure.error;
  };
  return {
    async begin(job): Promise<void> {
      await end();
      running = job().catch((error: unknown) => void (failure = { error }));
    },
    end,
    settle: () => running,
  };
}
