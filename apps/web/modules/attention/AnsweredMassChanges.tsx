import { Card } from "@calsync/ui";
import Link from "next/link";
import type { MassChange } from "../api/question-types.ts";
import { MomentText } from "../time/TimeText.tsx";
import { countOfMassChange } from "./question-words.ts";

/** The latest that are shown: whoever wants one back comes soon. */
const MOST = 5;

/** Mass changes that their host has let happen lately, as ways to take them back as a whole. */
export function AnsweredMassChanges({ changes, timeZone }: { changes: MassChange[]; timeZone: string }) {
  const confirmed = changes.filter(({ status }) => status === "confirmed").slice(0, MOST);
  if (confirmed.length === 0) return null;
  return (
    <Card aria-labelledby="answered-heading" className="mb-6">
      <h2 id="answered-heading" className="text-lg font-semibold">
        Many changes at once
      </h2>
      <ul className="mt-2 divide-y divide-line">
        {confirmed.map((change) => (
          <li key={change.id} className="py-2">
            <Link href={`/attention/mass-changes/${change.id}`} className="link font-medium">
              {countOfMassChange(change)} in {change.calendar.name}
            </Link>
            <p className="text-sm text-muted">
              <MomentText instant={change.openedAt} timeZone={timeZone} />
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
