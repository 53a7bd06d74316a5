import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { option } from './options.ts';

/** The file of settings cannot be read; `message` is for people. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

const PREFIX = 'PHPSTACK_';
/** As the process was started with it. */
const inherited = environmentNow();

/**
 * Reads the file that `--settings` or PHPSTACK_SETTINGS names, if one does, into the environment, where
 * options look for themselves.
 *
 * @throws {SettingsError}
 */
export function loadSettings(): void {
  const path = settingsPath();
  const settings = path === undefined ? {} : readSettings(path);
  for (const name of Object.keys(environmentNow())) delete process.env[name];
  Object.assign(process.env, inherited, settings);
}

/** Looked for before the other options are parsed, since it says what they are. */
function settingsPath(): string | undefined {
  const command = new Command().allowUnknownOption().allowExcessArguments().helpOption(false);
  command.addOption(option('--settings <file>', ''));
  const { settings } = command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parse()
    .opts();
  return settings ?? inherited[`${PREFIX}SETTINGS`];
}

/** @param path behind a dash it may be absent, as systemd has it @throws {SettingsError} */
function readSettings(path: string): Record<string, string> {
  try {
    return parseSettings(readFileSync(path.replace(/^-/, ''), 'utf8'));
  } catch (error) {
    if (path.startsWith('-') && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new SettingsError(`the settings cannot be read: ${(error as Error).message}`);
  }
}

/** The lines of a systemd EnvironmentFile that set something of ours: NAME=VALUE, the value bare or in quotes. */
export function parseSettings(text: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s*(PHPSTACK_\w+)=(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) continue;
    const [, , quoted] = /^(["'])(.*)\1$/.exec(value!) ?? [];
    settings[name] = quoted ?? value!;
  }
  return settings;
}

function environmentNow(): Record<string, string> {
  const ours = Object.entries(process.env).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(ours) as Record<string, string>;
}
