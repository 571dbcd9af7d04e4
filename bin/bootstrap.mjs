#!/usr/bin/env node
/**
 * Makes a fresh clone runnable, then runs a TypeScript entry point under the project's own Node 24:
 *
 *   node bin/bootstrap.mjs <entry.ts> [arguments]
 *
 * This file and sentinel.mjs are the only JavaScript: they run before anything is installed, on the
 * Node of the machine (20 or newer), and therefore import nothing but Node itself.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_MAJOR_MIN = 20;
/** From this version on, Node runs the product's TypeScript itself. */
const NODE_MAJOR_OF_PRODUCT = 24;
/** A holder of the lock renews it every second; one that has not for so long is gone. */
const LOCK_STALE_MS = 15_000;
const LOCK_RENEWAL_MS = 1_000;

const FAILED = 1;
const WRONG_USAGE = 2;

/** Something the person at the keyboard can put right. */
class Hindrance extends Error {
  constructor(message, cure) {
    super(message);
    this.cure = cure;
  }
}

/** Installs what is missing, runs `entry` with `args`, and ends this process as that one ended. */
export async function launch(root, entry, args) {
  try {
    requireNode(process.versions.node);
    const node = await installedNode(root);
    await run(node, root, entry, args);
  } catch (error) {
    if (!(error instanceof Hindrance)) throw error;
    process.stderr.write(`${error.message}\n  ${error.cure}\n`);
    process.exitCode = FAILED;
  }
}

function requireNode(version) {
  if (majorOf(version) >= NODE_MAJOR_MIN) return;
  throw new Hindrance(
    `Margin Sentinel needs Node ${NODE_MAJOR_MIN} or newer; this is Node ${version}.`,
    'Install the current LTS from nodejs.org or with your version manager, then run the command again.',
  );
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}

/** The Node to run the product with, once all packages are as package-lock.json has them. */
async function installedNode(root) {
  const files = installationFiles(root);
  if (!isInstalled(files)) await install(root, files);
  if (fs.existsSync(files.node)) return files.node;
  if (majorOf(process.versions.node) >= NODE_MAJOR_OF_PRODUCT) return process.execPath;
  // npm 12 runs a package's install script only where package.json allows it (`allowScripts`).
  throw new Hindrance(
    `npm installed the packages, but not Node ${NODE_MAJOR_OF_PRODUCT} (the package \`node\`): its install script did not run.`,
    'Run `npm rebuild node --foreground-scripts` and see what it says (is `ignore-scripts` set?), ' +
      `or run the command under Node ${NODE_MAJOR_OF_PRODUCT}.`,
  );
}

function installationFiles(root) {
  const modules = path.join(root, 'node_modules');
  return {
    lockFile: path.join(root, 'package-lock.json'),
    stamp: path.join(modules, '.margin-sentinel-stamp'),
    installedLockFile: path.join(modules, '.package-lock.json'),
    node: path.join(modules, '.bin', 'node'),
  };
}

function isInstalled(files) {
  const wanted = stampOf(files);
  if (fs.existsSync(files.stamp)) return fs.readFileSync(files.stamp, 'utf8') === wanted;
  // Someone ran npm themselves: believe what npm recorded rather than install everything again.
  if (!holdsEveryPackage(files)) return false;
  fs.writeFileSync(files.stamp, wanted);
  return true;
}

/** What is installed depends on the lock file and on the machine: a shared folder may serve two. */
function stampOf(files) {
  const hash = createHash('sha256').update(fs.readFileSync(files.lockFile)).digest('hex');
  return `${hash} ${process.platform} ${process.arch}\n`;
}

function holdsEveryPackage(files) {
  if (!fs.existsSync(files.installedLockFile)) return false;
  const installed = JSON.parse(fs.readFileSync(files.installedLockFile, 'utf8')).packages;
  const wanted = JSON.parse(fs.readFileSync(files.lockFile, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([name, entry]) =>
      name === '' || entry.optional === true || installed[name]?.version === entry.version,
  );
}

async function install(root, files) {
  const release = await acquireLock(root);
  try {
    // Whoever held the lock before may have done the work.
    if (isInstalled(files)) return;
    process.stderr.write('Installing packages (npm ci), 20–90 s the first time …\n');
    const startedAt = performance.now();
    await npmCi(root);
    fs.writeFileSync(files.stamp, stampOf(files));
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    process.stderr.write(`Packages installed in ${seconds} s.\n`);
  } finally {
    release();
  }
}

async function npmCi(root) {
  // `npm run` says which npm it is; that one may not be on the PATH.
  const npm = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  // Development dependencies include the Node that everything runs on, whatever NODE_ENV says.
  // Warnings are for those who maintain the packages; errors are shown.
  const [command, ...first] = npm;
  const child = spawn(
    command,
    [...first, 'ci', '--include=dev', '--loglevel=error', '--no-update-notifier'],
    {
      cwd: root,
      stdio: ['ignore', process.stderr, process.stderr],
    },
  );
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve('npm could not be started'));
    child.once('exit', (exitCode, signal) => resolve(exitCode ?? signal));
  });
  if (code === 0) return;
  throw new Hindrance(
    `Packages could not be installed (npm ci: ${code}).`,
    'See the message above; check that `npm` works and reaches its registry, then run the command again.',
  );
}

/**
 * Holds the clone's installation lock; resolves with the function that gives it back. The lock is
 * outside node_modules, which `npm ci` removes, and outside the clone, which stays clean.
 */
async function acquireLock(root) {
  const clone = createHash('sha256').update(fs.realpathSync(root)).digest('hex').slice(0, 16);
  const lock = path.join(os.tmpdir(), `margin-sentinel-install-${clone}.lock`);
  let waiting = false;
  while (!createLock(lock)) {
    if (!waiting) process.stderr.write('Another process is installing the packages; waiting …\n');
    waiting = true;
    await sleep(200);
    removeStaleLock(lock);
  }
  // A lock that someone removed cannot be renewed, and need not be.
  const renew = () => fs.utimes(lock, new Date(), new Date(), () => undefined);
  const renewal = setInterval(renew, LOCK_RENEWAL_MS);
  return () => {
    clearInterval(renewal);
    fs.rmSync(lock, { force: true });
  };
}

function createLock(lock) {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a lock away whose holder died. The move is atomic: of two that try, one has it. */
function removeStaleLock(lock) {
  const found = fs.statSync(lock, { throwIfNoEntry: false });
  if (found === undefined || !isStale(lock, found)) return;
  const aside = `${lock}.${process.pid}`;
  try {
    fs.renameSync(lock, aside);
    // A new holder's lock, made since we looked, goes back.
    if (fs.statSync(aside).ino !== found.ino) fs.linkSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  fs.rmSync(aside, { force: true });
}

function isStale(lock, found) {
  if (Date.now() - found.mtimeMs > LOCK_STALE_MS) return true;
  try {
    const holder = Number.parseInt(fs.readFileSync(lock, 'utf8'), 10);
    // Written in two steps: a lock without a holder yet is a young one.
    if (!Number.isNaN(holder)) process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

async function run(node, root, entry, args) {
  const child = spawn(
    node,
    [
      '--disable-warning=ExperimentalWarning',
      // kafkajs computes negative time-outs, harmlessly (PLATFORM, kafkajs).
      '--disable-warning=TimeoutNegativeWarning',
      '--import',
      pathToFileURL(path.join(root, 'stack', 'follow-launcher.ts')).href,
      path.resolve(root, entry),
      ...args,
    ],
    { stdio: 'inherit' },
  );
  // A terminal sends Ctrl-C to the child as well: passing it on would be a second Ctrl-C.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const stopFollowing = followNpm(() => child.kill('SIGTERM'));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...ended) => resolve(ended));
  });
  stopFollowing();
  if (signal === null) process.exitCode = code;
  else endBy(signal);
}

/**
 * Calls `onGone` when the `npm run` that started this process is no more: killed with -9, npm says
 * nothing. It is our parent, or its shell is, where that shell stays (dash does, bash does not).
 */
function followNpm(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return () => undefined;
  const parent = process.ppid;
  const shell = isShell(parent) ? parent : undefined;
  const npm = parentOf(shell);
  const timer = setInterval(() => {
    if (process.ppid === parent && parentOf(shell) === npm) return;
    clearInterval(timer);
    onGone();
  }, 500);
  return () => clearInterval(timer);
}

function isShell(pid) {
  const name = processFile(pid, 'comm')?.trim();
  return name !== undefined && ['sh', 'dash', 'ash', 'bash', 'zsh'].includes(name);
}

/** The parent of a process, where the system shows it (Linux). */
function parentOf(pid) {
  const stat = pid === undefined ? undefined : processFile(pid, 'stat');
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
}

function processFile(pid, name) {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // Not Linux, or gone.
    return undefined;
  }
}

/** Ends this process by the signal that ended the child, so that a shell sees the same. */
function endBy(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

if (
  process.argv[1] !== undefined &&
  fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  const [entry, ...args] = process.argv.slice(2);
  if (entry === undefined) {
    process.stderr.write('usage: node bin/bootstrap.mjs <entry.ts> [arguments]\n');
    process.exitCode = WRONG_USAGE;
  } else {
    await launch(path.dirname(path.dirname(fileURLToPath(import.meta.url))), entry, args);
  }
}
