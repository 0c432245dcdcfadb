import type { FastifyInstance } from "fastify";
import { openEventStreams } from "../pages/event-stream.ts";
import type { Mailbox } from "./Mailbox.ts";
import type { Mail, MailSummary } from "./types.ts";

/** Makes the list entry of a mail. */
function summarizeMail(mail: Mail): MailSummary {
  const { id, from, recipients, subject, date, receivedAt } = mail;
  return { id, from, recipients, subject, date, receivedAt, methods: mail.invitations.map((i) => i.method) };
}

/**
 * Serves the mailbox: `GET /sandbox/api/mail` (newest first, `?to=` keeps one recipient), `GET /sandbox/api/mail/:id`,
 * `DELETE /sandbox/api/mail` and the server-sent events of `GET /sandbox/api/mail/stream`
 * (`received` with a summary, `cleared`).
 */
export function registerMailRoutes(app: FastifyInstance, mailbox: Mailbox): void {
  const streams = openEventStreams(app);
  const unsubscribe = mailbox.subscribe((change) => {
    streams.send(change.type, change.type === "received" ? summarizeMail(change.mail) : {});
  });
  app.addHook("onClose", async () => unsubscribe());

  app.get<{ Querystring: { to?: string } }>("/sandbox/api/mail", async (request) => {
    const { to } = request.query;
    return {
      mails: mailbox
        .messages(to ? { to } : {})
        .map(summarizeMail)
        .reverse(),
    };
  });

  app.delete("/sandbox/api/mail", async (_request, reply) => {
    mailbox.clear();
    return reply.code(204).send();
  });

  app.get("/sandbox/api/mail/stream", (request, reply) => streams.open(request, reply));

  app.get<{ Params: { id: string } }>("/sandbox/api/mail/:id", async (request, reply) => {
    const mail = mailbox.message(request.params.id);
    if (mail) return mail;
    return reply.code(404).send({
      error: `There is no mail ${request.params.id}; the mailbox keeps the latest 500 and can be emptied.`,
    });
  });
}
