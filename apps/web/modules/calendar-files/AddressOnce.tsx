import { ShownOnce } from "@calsync/ui/client";

/** Shows a feed's address: it cannot be read again afterwards. */
export function AddressOnce({ url, onClose }: { url: string; onClose: () => void }) {
  return (
    <ShownOnce title="The feed's address" label="Address of the feed" value={url} onClose={onClose}>
      Give it to the calendar app that is to subscribe. It is shown this once; withdraw the feed when somebody
      has it who should not.
    </ShownOnce>
  );
}
