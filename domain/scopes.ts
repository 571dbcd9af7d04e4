/** What a control acts on (DESIGN 13). */
export type Scope =
  | { readonly kind: 'GLOBAL' }
  | { readonly kind: 'ACCOUNT' | 'SYMBOL' | 'STRATEGY'; readonly id: string };

/** `GLOBAL`, `ACCOUNT:12345`, `SYMBOL:NVDA` or `STRATEGY:alpha`: the key of the control topics. */
export function scopeName(scope: Scope): string {
  return scope.kind === 'GLOBAL' ? 'GLOBAL' : `${scope.kind}:${scope.id}`;
}

/** The scope of a name, or undefined when it names none. The id is everything after the first colon. */
export function parseScope(name: string): Scope | undefined {
  if (name === 'GLOBAL') return { kind: 'GLOBAL' };
  const colon = name.indexOf(':');
  const kind = name.slice(0, Math.max(colon, 0));
  const id = name.slice(colon + 1);
  if (id === '') return undefined;
  return kind === 'ACCOUNT' || kind === 'SYMBOL' || kind === 'STRATEGY' ? { kind, id } : undefined;
}
