import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

/** Links in the documents lead somewhere. Addresses on the internet are not asked. */

const ROOT = path.dirname(import.meta.dirname);

const documents = [
  'README.md',
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join('docs', name)),
].sort();

/** A document without its code, where brackets are not links. */
function prose(text: string): string {
  return text
    .replace(/^```[^]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, (code) => 'x'.repeat(code.length));
}

function linksOf(text: string): string[] {
  const inline = [...prose(text).matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)];
  const named = [...prose(text).matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)];
  const html = [...prose(text).matchAll(/(?:src|href)="([^"]+)"/g)];
  return [...inline, ...named, ...html].map(([, target = '']) => target);
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const headings = text.replace(/^```[^]*?^```/gm, '').matchAll(/^#{1,6}\s+(.+)$/gm);
  for (const [, heading = ''] of headings) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words
      .trim()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let free = anchor;
    for (let n = 1; anchors.has(free); n += 1) free = `${anchor}-${String(n)}`;
    anchors.add(free);
  }
  return anchors;
}

/** What is wrong with a link; null when it leads somewhere. */
function faultOf(document: string, link: string): string | null {
  if (/^(https?|mailto):/.test(link)) return null;
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? document : path.join(path.dirname(document), decodeURI(file));
  const full = path.join(ROOT, target);
  if (!existsSync(full)) return `${link}: there is no ${target}`;
  if (anchor === undefined) return null;
  const isDocument = statSync(full).isFile() && target.endsWith('.md');
  const found = isDocument && anchorsOf(readFileSync(full, 'utf8')).has(anchor);
  return found ? null : `${link}: ${target} has no heading #${anchor}`;
}

describe('the links of the documents', () => {
  test.each(documents)('%s', (document) => {
    const links = linksOf(readFileSync(path.join(ROOT, document), 'utf8'));
    expect(links.map((link) => faultOf(document, link)).filter((fault) => fault !== null)).toEqual(
      [],
    );
  });

  test('are found, and those that lead nowhere are told', () => {
    const text = 'See [a](nowhere.md), ![b](docs/run.md#none) and `[c](not-a-link.md)`.';
    expect(linksOf(text)).toEqual(['nowhere.md', 'docs/run.md#none']);
    expect(faultOf('README.md', 'nowhere.md')).toContain('there is no nowhere.md');
    expect(faultOf('README.md', 'docs/run.md#none')).toContain('no heading #none');
    expect(faultOf('README.md', 'docs/run.md#the-local-stack')).toBeNull();
  });

  test('from the README lead to every document but decisions', () => {
    const reached = new Set(['README.md']);
    for (const document of reached) {
      for (const link of linksOf(readFileSync(path.join(ROOT, document), 'utf8'))) {
        const target = path.join(path.dirname(document), link.split('#')[0] ?? '');
        if (documents.includes(target)) reached.add(target);
      }
    }
    const lost = documents.filter(
      (name) => !reached.has(name) && !name.startsWith('docs/decisions'),
    );
    expect(lost).toEqual([]);
  });
});
