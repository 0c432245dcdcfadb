import { ShownOnce } from "@calsync/ui/client";

/** Shows a signing secret: it cannot be read again afterwards. */
export function SecretOnce({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <ShownOnce title="The signing secret" label="Signing secret" value={secret} onClose={onClose}>
      Keep it where the receiver can read it. It is shown this once.
    </ShownOnce>
  );
}
