import { readFile } from 'node:fs/promises';
import { Eta } from 'eta';

/** Renders templates of a site: escaped by default, with `layout` and `include` relative to the site. */
export class Templates {
  readonly #eta: Eta;

  constructor(views: string) {
    this.#eta = new Eta({ views, autoEscape: true, autoTrim: [false, 'nl'] });
  }

  /** @throws {Error} when the template is faulty */
  async render(file: string, values: object): Promise<string> {
    return this.#eta.renderStringAsync(await readFile(file, 'utf8'), values);
  }
}
