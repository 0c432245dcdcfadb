import type { Metadata } from "next";
import { readParam, uidSchema } from "../../../../../modules/api/params.ts";
import type { QuestionDetails } from "../../../../../modules/api/question-types.ts";
import { readApiOr404, requireUser } from "../../../../../modules/api/server.ts";
import { QuestionPage } from "../../../../../modules/attention/QuestionPage.tsx";

export const metadata: Metadata = { title: "Decide" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const id = readParam(uidSchema, (await params).id);
  const user = await requireUser(`/attention/questions/${id}`);
  const { conflict } = await readApiOr404<{ conflict: QuestionDetails }>(`/v1/conflicts/${id}`);
  return (
    <div className="mx-auto max-w-3xl">
      <QuestionPage question={conflict} timeZone={user.timeZone} />
    </div>
  );
}
