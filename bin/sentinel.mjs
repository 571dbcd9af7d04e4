#!/usr/bin/env node
/** The `sentinel` command: bootstrap.mjs with the command-line interface as its entry point. */
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { launch } from './bootstrap.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
await launch(root, 'cli/main.ts', process.argv.slice(2));
