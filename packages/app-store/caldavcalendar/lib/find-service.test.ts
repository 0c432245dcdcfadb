import { createSocket, type Socket } from "node:dgram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findService, systemDirectory } from "./find-service.ts";

const TXT = 16;
const SRV = 33;
const labels = (name: string) =>
  Buffer.concat(name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)])));
const numbers = (...values: number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));

/** What the name server of this test knows: records by name and type, as RFC 1035 §3.2.1 writes their data. */
const zone = new Map<string, Buffer[]>();
let socket: Socket;
let address: string;

beforeEach(async () => {
  zone.clear();
  socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const names: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      names.push(query.toString("ascii", at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = query.readUInt16BE(at + 1);
    const question = query.subarray(12, at + 5);
    const records = zone.get(`${names.join(".").toLowerCase()} ${type}`) ?? [];
    const answers = records.map((data) =>
      // The name by a pointer to the question, class IN, no time to live.
      Buffer.concat([numbers(0xc00c, type, 1, 0, 0, data.length), data]),
    );
    const flags = records.length > 0 ? 0x8180 : 0x8183;
    const head = Buffer.concat([query.subarray(0, 2), numbers(flags, 1, records.length, 0, 0)]);
    socket.send(Buffer.concat([head, question, ...answers]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  address = `127.0.0.1:${socket.address().port}`;
});
afterEach(() => new Promise<void>((resolve) => socket.close(() => resolve())));

const srv = (host: string, port: number, priority = 0, weight = 0) =>
  Buffer.concat([numbers(priority, weight, port), labels(host), Buffer.from([0])]);
const txt = (text: string) => Buffer.from([text.length, ...Buffer.from(text)]);

test("a domain's server is found over DNS, with its port and path", async () => {
  zone.set(`_caldavs._tcp.people.example ${SRV}`, [
    srv("spare.people.example", 443, 20),
    srv("dav.people.example", 8443, 10),
  ]);
  zone.set(`_caldavs._tcp.people.example ${TXT}`, [txt("path=/dav/home/")]);
  expect(await findService("people.example", systemDirectory([address]))).toEqual({
    url: "https://dav.people.example:8443/dav/home/",
    within: true,
  });
});

test("a domain without a record, and one that offers no such service, have none", async () => {
  expect(await findService("nobody.example", systemDirectory([address]))).toBeNull();
  zone.set(`_caldavs._tcp.people.example ${SRV}`, [Buffer.concat([numbers(0, 0, 0), Buffer.from([0])])]);
  expect(await findService("people.example", systemDirectory([address]))).toBeNull();
});
