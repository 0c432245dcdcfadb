import { expect, type Page } from "@playwright/test";
import { stack } from "./stack.ts";

/** The calendar part of a mail, as the sandbox reads it. */
export interface ReceivedInvitation {
  method: string;
  uid: string;
  sequence: number;
  start?: { instant?: string };
}

/** Invitations and cancellations that an address has received, oldest first. */
async function invitationsTo(address: string): Promise<ReceivedInvitation[]> {
  const list = await read<{ mails: { id: string }[] }>(`mail?to=${encodeURIComponent(address)}`);
  const mails = await Promise.all(
    list.mails.map(({ id }) => read<{ invitations: ReceivedInvitation[] }>(`mail/${encodeURIComponent(id)}`)),
  );
  return mails.reverse().flatMap(({ invitations }) => invitations);
}

/** Waits for the mail that says this, and gives its calendar part. */
export async function invitationTo(
  address: string,
  wanted: { method: "REQUEST" | "CANCEL"; start: string },
): Promise<ReceivedInvitation> {
  const find = async () =>
    (await invitationsTo(address)).findLast(
      ({ method, start }) =>
        method === wanted.method && Date.parse(start?.instant ?? "") === Date.parse(wanted.start),
    );
  await expect.poll(find, { message: `a ${wanted.method} for ${wanted.start} to ${address}` }).toBeDefined();
  const found = await find();
  if (!found) throw new Error(`The ${wanted.method} to ${address} has gone from the mailbox.`);
  return found;
}

/** Opens the newest mail to an address in the sandbox's mailbox, and gives the part of the page that shows its invitation. */
export async function openNewestMail(page: Page, address: string) {
  await page.goto(`${stack.sandbox}/mail?to=${encodeURIComponent(address)}`);
  await page.getByRole("list", { name: "Mails" }).getByRole("button").first().click();
  return page.getByRole("region", { name: "Invitation" });
}

async function read<Answer>(path: string): Promise<Answer> {
  const answer = await fetch(`${stack.sandbox}/sandbox/api/${path}`);
  if (!answer.ok) throw new Error(`The sandbox answered ${answer.status} to ${path}.`);
  return (await answer.json()) as Answer;
}
