import type { GoProgram } from './go-program.ts';
import { goProgram } from './go-program.ts';
import type { InstallationPlace } from './installation-place.ts';

const TOXIPROXY: GoProgram = {
  name: 'toxiproxy',
  title: 'Toxiproxy',
  module: 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0',
  installedAs: 'server',
  building: 'Building Toxiproxy 2.12.0 from the Go module proxy (10–60 seconds the first time)',
  cure: 'Check that Go is installed and reaches its module proxy.',
};

/** The proxy that cuts and delays connections for the recovery tests, from the cache or built. */
export function toxiproxyProgram(place: InstallationPlace): Promise<string> {
  return goProgram(TOXIPROXY, place);
}
