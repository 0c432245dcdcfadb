import { Client } from "pg";

/** One statement as it went to PostgreSQL. */
export interface SentStatement {
  text: string;
  values: unknown[];
}

/** A statement that goes through a large table from end to end. */
export interface BadPlan {
  text: string;
  /** The tables, and how each is gone through. */
  scanned: string[];
}

/**
 * Keeps what the driver sends to the database, each statement once, until the function that it gives is called.
 * It listens at the driver itself, because a statement's plan hangs on the values that go with it.
 */
export function recordStatements(database: string): () => SentStatement[] {
  const seen = new Map<string, SentStatement>();
  const original = Client.prototype.query as (...input: unknown[]) => unknown;
  Client.prototype.query = function (this: Client, ...input: unknown[]) {
    const [query, values] = input as [string | { text?: string; values?: unknown[] } | undefined, unknown];
    const text = typeof query === "string" ? query : query?.text;
    const given = Array.isArray(values) ? values : typeof query === "object" ? (query.values ?? []) : [];
    if (text && this.database === database && /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/i.test(text))
      seen.set(text, { text, values: given });
    return original.apply(this, input);
  } as typeof Client.prototype.query;
  return () => {
    Client.prototype.query = original as typeof Client.prototype.query;
    return [...seen.values()];
  };
}

/**
 * Asks PostgreSQL for the plan of each statement, with the values that it was sent with. Nothing is carried out.
 * @param options.small the tables are too small for the planner to prefer an index: it is told to avoid going through tables,
 *   so that what still does has no index to use
 * @param options.growing tables that are not filled, where a walk along an index says nothing yet; one that has no index counts
 */
export async function findBadPlans(
  url: string,
  statements: readonly SentStatement[],
  largeTables: ReadonlySet<string>,
  { small, growing = new Set() }: { small: boolean; growing?: ReadonlySet<string> },
): Promise<BadPlan[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  if (small)
    for (const way of ["seqscan", "hashjoin", "mergejoin"]) await client.query(`SET enable_${way} = off`);
  const { rows: partial } = await client.query<{ name: string }>(
    "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indpred IS NOT NULL",
  );
  const partialIndexes = new Set(partial.map(({ name }) => name.replaceAll('"', "")));
  const bad: BadPlan[] = [];
  for (const { text, values } of statements) {
    const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${text}`, values);
    const [{ Plan: plan }] = rows[0]["QUERY PLAN"] as [{ Plan: PlanNode }];
    const scanned = nodesOf(plan).flatMap((node) => {
      const table = node["Relation Name"] ?? "";
      const by = node["Index Name"] ? `${node["Node Type"]} using ${node["Index Name"]}` : node["Node Type"];
      const all = largeTables.has(table)
        ? goesThroughAll(node, partialIndexes)
        : growing.has(table) && node["Node Type"] === "Seq Scan";
      return all ? [`${table}: ${by}`] : [];
    });
    if (scanned.length > 0) bad.push({ text: text.replaceAll(/\s+/g, " ").trim(), scanned });
  }
  await client.end();
  return bad;
}

/** A walk along a whole index is as long as one through the table; along a partial one, only what waits is met. */
function goesThroughAll(node: PlanNode, partialIndexes: ReadonlySet<string>): boolean {
  if (node["Node Type"] === "Seq Scan") return true;
  const index = node["Index Name"];
  return index !== undefined && node["Index Cond"] === undefined && !partialIndexes.has(index);
}

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  Plans?: PlanNode[];
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
