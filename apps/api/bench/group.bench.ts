import type { BenchWorld } from "./world.bench.ts";

/** One number that was measured. */
export interface Figure {
  /** Its name in the JSON object. Left out: it is shown to people only. */
  key?: string;
  label: string;
  value: number;
  unit: string;
  /** How it was measured, or what it consists of. */
  note?: string;
}

/** Benchmarks that share a setting; chosen by name with `--only`. */
export interface BenchGroup {
  name: string;
  run(world: BenchWorld): Promise<Figure[]>;
}
