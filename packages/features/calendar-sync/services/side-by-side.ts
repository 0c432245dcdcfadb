/**
 * Works tasks off, at most `width` at once. Those of one lane keep their order, one after the other; lanes begin in the order of their
 * first tasks.
 *
 * @param work gives false when no further task is to begin; those under way are waited for
 * @throws what `work` throws first, when everything that had begun has ended
 */
export async function sideBySide<Task>(
  tasks: readonly Task[],
  { width, laneOf }: { width: number; laneOf: (task: Task) => string },
  work: (task: Task) => Promise<boolean>,
): Promise<void> {
  const lanes = [...Map.groupBy(tasks, laneOf).values()].values();
  let goesOn = true;
  const worker = async () => {
    for (const lane of lanes) {
      for (const task of lane) {
        if (!goesOn) return;
        try {
          goesOn = (await work(task)) && goesOn;
        } catch (error) {
          goesOn = false;
          throw error;
        }
      }
      if (!goesOn) return;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.max(1, width) }, worker));
  const failed = ended.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
}
