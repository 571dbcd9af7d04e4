import { readFileSync } from 'node:fs';
import { paperVenueSchema } from '#contracts/paper-venue.ts';
import type { PaperVenueFile } from '#contracts/paper-venue.ts';
import { parsePolicyFile } from './policy-file.ts';

/** How the paper venue plays a market, from policies/paper-venue.json. Throws PolicyFileError. */
export function loadPaperVenue(): PaperVenueFile {
  const name = 'policies/paper-venue.json';
  const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  return parsePolicyFile(name, paperVenueSchema, text);
}
