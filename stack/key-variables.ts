import type { KeyFiles, KeyUse } from './development-keys.ts';

/** The variables that name the files of each key pair (platform/environment.ts). */
export const KEY_VARIABLES = {
  jwt: {
    publicKeyFile: 'SENTINEL_JWT_PUBLIC_KEY_FILE',
    privateKeyFile: 'SENTINEL_JWT_PRIVATE_KEY_FILE',
  },
  command: {
    publicKeyFile: 'SENTINEL_COMMAND_PUBLIC_KEY_FILE',
    privateKeyFile: 'SENTINEL_COMMAND_PRIVATE_KEY_FILE',
  },
} as const satisfies Readonly<Record<KeyUse, KeyFiles>>;

/** Which processes of the product hold a private key: workers check with the public one (DESIGN 16). */
const HOLDERS: Readonly<Record<KeyUse, readonly string[]>> = {
  // Tokens are made by the `sentinel` command, in place of a firm's identity provider.
  jwt: [],
  command: ['api'],
};

/** What a process is told: `variables` without the private keys that are not its own. */
export function withoutForeignKeys(
  processName: string,
  variables: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const foreign = (['jwt', 'command'] as const)
    .filter((use) => !HOLDERS[use].includes(processName))
    .map((use): string => KEY_VARIABLES[use].privateKeyFile);
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !foreign.includes(name)));
}
