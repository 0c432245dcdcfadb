import { Card } from "@calsync/ui";
import type { Change } from "../api/types.ts";
import { ChangeEntry } from "../changes/ChangeEntry.tsx";

/** What sync did to a booking, newest first: when, where it came from, why, and what was before. */
export function History({ changes, timeZone }: { changes: Change[]; timeZone: string }) {
  return (
    <Card aria-labelledby="history-heading">
      <h2 id="history-heading" className="text-lg font-semibold">
        History
      </h2>
      {changes.length === 0 ? (
        <p className="mt-2 text-muted">Nothing has been synced yet.</p>
      ) : (
        <ol className="mt-4 space-y-5 border-l-2 border-line pl-5">
          {[...changes]
            .sort((a, b) => (a.at < b.at ? 1 : -1))
            .map((change) => (
              <li key={change.id} data-change-reason={change.reason}>
                <ChangeEntry change={change} timeZone={timeZone} />
              </li>
            ))}
        </ol>
      )}
    </Card>
  );
}
