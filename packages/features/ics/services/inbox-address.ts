/**
 * The address of the inbox that belongs to one user: `calendar+<their uid>@example.com`. Mail servers deliver it to the mailbox of
 * `calendar@example.com` (RFC 5233), and it tells whom a mail is for. It is no secret.
 */
export function inboxAddressOf(address: string, userUid: string): string {
  const at = address.lastIndexOf("@");
  return `${address.slice(0, at)}+${userUid.replaceAll("-", "")}${address.slice(at)}`.toLowerCase();
}

/** The uids of the users whose addresses of the inbox are among some addresses. */
export function taggedUsers(address: string, recipients: readonly string[]): string[] {
  const at = address.lastIndexOf("@");
  const [before, after] = [`${address.slice(0, at)}+`.toLowerCase(), address.slice(at).toLowerCase()];
  return recipients.flatMap((recipient) => {
    if (!recipient.startsWith(before) || !recipient.endsWith(after)) return [];
    const tag = recipient.slice(before.length, recipient.length - after.length);
    const [, a, b, c, d, e] =
      /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(tag) ?? [];
    return a ? [[a, b, c, d, e].join("-")] : [];
  });
}
