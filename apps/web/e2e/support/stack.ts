/**
 * The running calsync that the tests meet. `npm test` starts one on free ports (scripts/test-stack.mjs) and names its addresses
 * in the environment.
 */
export const stack = {
  /** The web app, as hosts and guests know it. */
  web: addressOf("WEB_URL"),
  /** The calendar sandbox: Google's consent page and calendar, and everybody's mailbox. */
  sandbox: addressOf("SANDBOX_URL"),
};

function addressOf(name: string): string {
  const address = process.env[name];
  if (!address) throw new Error(`${name} is not set: run the end-to-end tests by \`npm test -- --e2e\`.`);
  return address;
}
