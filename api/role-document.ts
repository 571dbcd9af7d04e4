import { hasRole, ROLES } from '#contracts/roles.ts';
import type { Role } from '#contracts/roles.ts';
import type { Route } from './route.ts';

/** docs/generated/roles.md: which role may use which route, from the table of routes alone. */
export function roleDocument(routes: readonly Route[]): string {
  const rows = routes.map((route) => {
    const marks = ROLES.map((role) => mark(route, role));
    return [`\`${route.method.toUpperCase()} ${route.path}\``, ...marks, route.summary];
  });
  const head = ['route', ...ROLES.map((role) => `\`${role}\``), 'what it does'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [
    '# Who may do what',
    '',
    'Made from the table of routes (`api/routes.ts`). The roles of commands to a case stand in',
    '`contracts/command-envelope.ts`; the worker checks them a second time.',
    '',
    ...lines,
    '',
  ].join('\n');
}

function mark({ role }: Route, held: Role): string {
  return role === null || hasRole([held], role) ? 'yes' : '';
}
