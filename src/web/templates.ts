import { statSync } from 'node:fs';
import { Eta } from 'eta';

/** The templates of a site: compiled once, and again when one of their files changes. */
export class Templates {
  readonly #eta: FolderEta;

  constructor(root: string) {
    this.#eta = new FolderEta({ views: root, cache: true, autoEscape: true, debug: true });
  }

  /** Renders the template `name`, a path in the site without `.eta`. @throws what the template throws, and syntax errors */
  async render(name: string, values: object): Promise<string> {
    this.#eta.forgetChanged();
    return this.#eta.renderAsync(`/${name}`, values);
  }
}

/** Remembers which files it has read: partials and layouts too. */
class FolderEta extends Eta {
  readonly #read = new Map<string, number>();

  constructor(options: ConstructorParameters<typeof Eta>[0]) {
    super(options);
    const readFile = this.readFile!;
    this.readFile = (path) => {
      this.#read.set(path, modifiedAt(path));
      return readFile.call(this, path);
    };
  }

  /** Compiled templates know others by name, so one change forgets them all. */
  forgetChanged(): void {
    for (const [path, time] of this.#read) {
      if (modifiedAt(path) === time) continue;
      this.#read.clear();
      this.templatesSync.reset();
      this.templatesAsync.reset();
      return;
    }
  }
}

/** In ms; 0 for a file that is gone. */
function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
