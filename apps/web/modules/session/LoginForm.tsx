"use client";

import { Alert, Button, TextField } from "@calsync/ui";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem, explainProblem } from "../api/problem.ts";

/** E-mail and password; leads on by a full load, so that every page is drawn for the new session. */
export function LoginForm({ returnTo }: { returnTo: string }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const signIn = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      const body = { email: form.get("email"), password: form.get("password") };
      await callApi("/v1/session", { method: "POST", body });
      window.location.assign(returnTo);
    } catch (error) {
      setProblem(explainLogin(error));
      setBusy(false);
    }
  };

  return (
    // `method`: should the script not be there yet, the password must not end up in the address.
    <form method="post" onSubmit={signIn} className="grid gap-5">
      {problem ? (
        <Alert tone="bad" role="alert">
          {problem}
        </Alert>
      ) : null}
      <TextField label="E-mail" name="email" type="email" autoComplete="username" required maxLength={254} />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
      <Button kind="primary" type="submit" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}

function explainLogin(error: unknown): string {
  if (error instanceof ApiProblem && error.code === "wrong_credentials") {
    return "E-mail and password do not match. Check both and try again.";
  }
  if (error instanceof ApiProblem && error.code === "invalid_request") {
    return "Enter your e-mail address and your password.";
  }
  return explainProblem(error);
}
