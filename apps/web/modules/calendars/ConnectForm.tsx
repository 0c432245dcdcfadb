"use client";

import { Alert, Button, TextField } from "@calsync/ui";
import { type FormEvent, useEffect, useRef } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { ConnectionForm } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";

/**
 * A provider's form: connects an account, or gives a connected one its secrets anew. Nothing is stored unless the provider
 * accepts it, so it may take a moment.
 */
export function ConnectForm({
  provider,
  form,
  connectionId,
  onConnected,
  onClose,
}: {
  provider: string;
  form: ConnectionForm;
  /** The account that is connected again; null for a new one. */
  connectionId: number | null;
  onConnected: (connectionId: number) => void;
  onClose: () => void;
}) {
  const { busy, problem, cause, run } = useAction();
  const ref = useRef<HTMLFormElement>(null);
  const fields = form.fields.filter(({ secret }) => connectionId === null || secret);
  const errors = cause instanceof ApiProblem ? cause.fields : new Map<string, string>();
  useEffect(() => {
    if (cause) ref.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [cause]);

  const connect = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const filled = new FormData(event.currentTarget);
    const body = Object.fromEntries(fields.map(({ name }) => [name, String(filled.get(name) ?? "")]));
    void run("connect", async () => {
      if (connectionId !== null) {
        await callApi(`/v1/connections/${connectionId}/form`, { method: "PUT", body });
        onConnected(connectionId);
        return;
      }
      const path = `/v1/connections/${encodeURIComponent(provider)}/form` as const;
      onConnected((await callApi<{ connectionId: number }>(path, { method: "POST", body })).connectionId);
    });
  };
  return (
    <form ref={ref} onSubmit={connect} className="grid gap-5" aria-busy={busy !== null}>
      <p className="text-muted">{form.help}</p>
      {form.links.length > 0 ? (
        <ul className="grid gap-1">
          {form.links.map(({ label, url }) => (
            <li key={url}>
              <a href={url} target="_blank" rel="noreferrer" className="text-accent underline">
                {label}
                <span className="sr-only"> (opens in a new tab)</span>
              </a>
            </li>
          ))}
        </ul>
      ) : null}
      {problem ? (
        <Alert tone="bad" role="alert" title="The account was not connected">
          <p>{problem}</p>
          {cause instanceof ApiProblem && cause.status === 400 && cause.hint ? (
            <p className="mt-1">{cause.hint}</p>
          ) : null}
        </Alert>
      ) : null}
      {fields.map(({ name, label, kind, help, placeholder, required }) => (
        <TextField
          key={name}
          name={name}
          label={label}
          // Not of the type `url`, with which a browser insists on https:// being typed.
          type={kind === "password" ? "password" : "text"}
          inputMode={kind === "url" ? "url" : undefined}
          // The browser knows the password of this site, which is none of the provider's.
          autoComplete={kind === "password" ? "new-password" : "off"}
          autoCapitalize="none"
          spellCheck={false}
          maxLength={4_000}
          hint={help}
          placeholder={placeholder}
          required={required}
          error={errors.get(name)}
        />
      ))}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onClose} disabled={busy !== null}>
          Close without connecting
        </Button>
        <Button kind="primary" type="submit" busy={busy !== null}>
          Connect
        </Button>
      </div>
    </form>
  );
}
