/** Whether a part can do its work now; the reason names what it waits for. */
export type Readiness =
  { readonly ready: true } | { readonly ready: false; readonly reason: string };
