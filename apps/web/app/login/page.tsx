import { Card } from "@calsync/ui";
import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { findUser } from "../../modules/api/server.ts";
import { LoginForm } from "../../modules/session/LoginForm.tsx";
import { isBooking, returnToSchema } from "../../modules/session/safe-return.ts";

export const metadata: Metadata = { title: "Sign in" };

export default async function LoginPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const returnTo = returnToSchema.parse((await searchParams)["returnTo"]);
  if (await findUser()) redirect(returnTo);
  return (
    <div className="mx-auto max-w-sm">
      <h1 className="mb-6 text-center text-2xl font-semibold tracking-tight sm:text-3xl">Sign in</h1>
      <Card>
        <LoginForm returnTo={returnTo} />
      </Card>
      {isBooking(returnTo) ? (
        <p className="mt-4 text-center text-sm text-muted">
          Are you the guest? The link in your mail opens your booking without signing in.
        </p>
      ) : null}
    </div>
  );
}
