import type { NotionFaults } from "./faults.ts";
import type { NotionStore } from "./NotionStore.ts";
import type { RequestWindow } from "./RequestWindow.ts";
import type { EventDelivery } from "./webhooks/EventDelivery.ts";

/** What the parts of the simulated Notion share. */
export interface NotionContext {
  store: NotionStore;
  faults: NotionFaults;
  window: RequestWindow;
  delivery: EventDelivery;
  /** Calls by method name, e.g. `pages.create`. */
  calls: Map<string, number>;
  /** Address of the sandbox, without a slash at its end. */
  url: () => string;
}
