import fc from "fast-check";

/** What a step of any kind has. The rest of its fields are the kind's own. */
export interface AnyStep {
  do: string;
}

/** Steps of one kind: how often they come compared with others, and where their fields come from. */
export interface StepKind<S extends AnyStep> {
  kind: S["do"];
  weight: number;
  arbitrary: fc.Arbitrary<S>;
}

/** Declares the kinds of a group of steps. */
export function kindsOf<S extends AnyStep>() {
  return <D extends S["do"]>(
    weight: number,
    kind: D,
    fields: { [K in keyof Omit<Extract<S, { do: D }>, "do">]: fc.Arbitrary<Extract<S, { do: D }>[K]> },
  ): StepKind<S> => {
    const all = { do: fc.constant(kind), ...fields } as Record<string, fc.Arbitrary<unknown>>;
    return { kind, weight, arbitrary: fc.record(all) as unknown as fc.Arbitrary<S> };
  };
}

/** One step of any of these kinds, by their weights; none of the kinds in `except`. */
export function stepOf<S extends AnyStep>(
  kinds: readonly StepKind<S>[],
  except: readonly S["do"][] = [],
): fc.Arbitrary<S> {
  return fc.oneof(...kinds.filter(({ kind }) => !except.includes(kind)));
}

/** Carries out the steps of a group in one world: a line for each kind. */
export type Takers<S extends AnyStep> = {
  [D in S["do"]]: (step: Extract<S, { do: D }>) => Promise<unknown> | unknown;
};

/** Carries out one step. */
export async function takeStep<S extends AnyStep>(takers: Takers<S>, step: S): Promise<void> {
  await (takers[step.do as S["do"]] as (one: S) => unknown)(step);
}
