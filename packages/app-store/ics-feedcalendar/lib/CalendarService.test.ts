import { testCalendarService } from "@calsync/testing/contract";
import { metadata } from "../metadata.ts";
import { contractSubject } from "../test/feed-person.ts";

testCalendarService("ics-feedcalendar", {
  capabilities: metadata.capabilities,
  gaps: {
    tombstones: "A feed says what there is; what has gone is not remembered anywhere.",
    restore: "A feed can only be read: nothing is deleted through it, nor brought back.",
    "cursor-expiry": "A feed's cursor is what we have seen of it ourselves; no server refuses it.",
    "foreign-fields": "A feed can only be read: no update could lose anything of an event.",
    "own-response": "A feed does not say whose it is, so that no attendee in it is known to be its owner.",
  },
  create: contractSubject,
});
