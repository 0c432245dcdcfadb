import type { GraphStore } from "../GraphStore.ts";
import { type GraphAccount, PERSONAL_TENANT_ID } from "../types.ts";
import { IdentityError, invalidRequest } from "./identity-error.ts";

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True when accounts of this kind sign in at the tenant of a path: `common`, `organizations`, `consumers`, an id or a domain. */
export function signsInAt(tenant: string, account: GraphAccount): boolean {
  if (tenant === "common") return true;
  if (tenant === "organizations") return !account.personal;
  if (tenant === "consumers") return account.personal;
  if (GUID.test(tenant)) return account.tenantId === tenant.toLowerCase();
  return !account.personal && account.email.endsWith(`@${tenant.toLowerCase()}`);
}

/**
 * The tenant id that a path names, for calls that need one tenant.
 * @throws IdentityError for `common` and the like, and for a tenant that does not exist
 */
export function tenantId(store: GraphStore, tenant: string): string {
  if (tenant === "consumers") return PERSONAL_TENANT_ID;
  if (tenant === "common" || tenant === "organizations") {
    throw invalidRequest(50194, "The request needs a tenant-specific endpoint; /common cannot be used.");
  }
  const found = [...store.accounts.values()].find((account) => signsInAt(tenant, account));
  if (found) return found.tenantId;
  throw new IdentityError(400, "invalid_tenant", 90002, `Tenant '${tenant}' not found.`);
}
