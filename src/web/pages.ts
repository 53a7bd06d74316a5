import type { Log } from './log.ts';
import { type ScriptOptions, Scripts } from './scripts.ts';
import { Site } from './site.ts';
import { Templates } from './templates.ts';

/** A folder with its templates and scripts. */
export class Pages {
  readonly site: Site;
  readonly scripts: Scripts;
  readonly #templates: Templates;

  /** @throws {SiteError} when the folder cannot be read */
  constructor(folder: string, scripts: ScriptOptions, log: Log | undefined) {
    this.site = new Site(folder);
    this.scripts = new Scripts(this.site.root, scripts, log);
    this.#templates = new Templates(this.site.root);
  }

  /** @throws {TemplateError} */
  async render(name: string, values: object): Promise<Buffer> {
    try {
      return Buffer.from(await this.#templates.render(name, values));
    } catch (error) {
      throw new TemplateError(name, error as Error);
    }
  }
}

/** A template threw, or could not be compiled. */
export class TemplateError extends Error {
  readonly template: string;

  constructor(template: string, cause: Error) {
    super(cause.message, { cause });
    this.template = template;
  }
}
