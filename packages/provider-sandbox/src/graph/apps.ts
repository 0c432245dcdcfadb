/** App of `GraphSandbox.issueToken` when none is named; also usable for refreshing such tokens. */
export const DEFAULT_GRAPH_APP = {
  clientId: "5a0db0c1-0000-4000-8000-00000000c001",
  clientSecret: "sandbox-default-secret",
};

/** An app registration. */
export interface GraphAppInput {
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  /** Redirect addresses of type `spa`. */
  spaRedirectUris?: string[];
}
