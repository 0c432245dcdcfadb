import { buttonClass, PageHeading } from "@calsync/ui";
import Link from "next/link";

export const metadata = { title: "Not found" };

/** For addresses that lead nowhere, and for what the visitor may not see. */
export default function NotFound() {
  return (
    <>
      <PageHeading title="There is nothing here">
        The address may be misspelt, or the link may belong to something that no longer exists. A link from a
        mail has to be opened whole.
      </PageHeading>
      <Link href="/" className={buttonClass("secondary")}>
        Go to the front page
      </Link>
    </>
  );
}
