import type { Readable } from "node:stream";

/** Takes in and forgets what is left of a request's body, up to a size; what is longer is cut off. */
export async function readOut(body: Readable, maxOctets: number): Promise<void> {
  if (body.readableEnded || body.destroyed) return;
  await new Promise<void>((resolve) => {
    let octets = 0;
    const end = () => {
      body.off("data", count);
      resolve();
    };
    const count = (chunk: Buffer) => {
      octets += chunk.length;
      if (octets > maxOctets) {
        body.pause();
        end();
      }
    };
    body.once("end", end).once("close", end).once("error", end);
    body.on("data", count);
  });
}
