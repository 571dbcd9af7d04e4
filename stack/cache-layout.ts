import os from 'node:os';
import path from 'node:path';

/** Where the stack keeps what it installs and runs: outside every clone, shared by all of them. */
export interface CacheLayout {
  readonly root: string;
  /** Programs that were built. */
  readonly bin: string;
  /** Java libraries, one folder per version of pom.xml. */
  readonly jars: string;
  /** One folder per named instance. */
  readonly instances: string;
  /** Locks and unfinished work. */
  readonly work: string;
}

/** The folders of one named instance (`local`, `demo`, `test`). */
export interface InstanceLayout {
  readonly name: string;
  readonly root: string;
  readonly stateFile: string;
  /** Of the product's processes: whoever supervises them writes it. */
  readonly productFile: string;
  readonly lockFile: string;
  readonly logs: string;
  readonly data: string;
}

/** The cache as the XDG base directories have it: `$XDG_CACHE_HOME`, else `~/.cache`. */
export function cacheLayout(variables: NodeJS.ProcessEnv): CacheLayout {
  const home = variables.HOME ?? os.homedir();
  const given = variables.XDG_CACHE_HOME ?? '';
  // The specification has one that is not absolute ignored.
  const caches = path.isAbsolute(given) ? given : path.join(home, '.cache');
  const root = path.join(caches, 'margin-sentinel');
  return {
    root,
    bin: path.join(root, 'bin'),
    jars: path.join(root, 'jars'),
    instances: path.join(root, 'instances'),
    work: path.join(root, 'work'),
  };
}

/** The folders of the instance `name`; its lock lies beside them, so that a wipe leaves it. */
export function instanceLayout(cache: CacheLayout, name: string): InstanceLayout {
  const root = path.join(cache.instances, name);
  return {
    name,
    root,
    stateFile: path.join(root, 'state.json'),
    productFile: path.join(root, 'product.json'),
    lockFile: path.join(cache.instances, `${name}.lock`),
    logs: path.join(root, 'logs'),
    data: path.join(root, 'data'),
  };
}
