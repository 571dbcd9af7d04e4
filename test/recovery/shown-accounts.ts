import type { AccountSummary } from '#contracts/account-state.ts';
import { accountListSchema, PAGE_ACCOUNTS_DEFAULT } from '#contracts/rest.ts';

/** More than any run needs. */
const PAGES_MAX = 1_000;

/** Every account that the API lists, page after page; `ask` answers a path with the body of a page. */
export async function shownAccounts(
  ask: (path: string) => Promise<unknown>,
  pageAccounts = PAGE_ACCOUNTS_DEFAULT,
): Promise<Map<string, AccountSummary>> {
  const shown = new Map<string, AccountSummary>();
  const first = `/accounts?limit=${String(pageAccounts)}`;
  let path: string | null = first;
  for (let page = 0; path !== null; page += 1) {
    if (page === PAGES_MAX) throw new Error(`the list of accounts has no end: ${path}`);
    const { accounts, next_cursor: next } = accountListSchema.parse(await ask(path));
    for (const account of accounts) shown.set(account.account_id, account);
    path = next === null ? null : `${first}&cursor=${encodeURIComponent(next)}`;
  }
  return shown;
}
