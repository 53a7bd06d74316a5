import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { folder } from './web.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** JavaScript of the given files of the project, in a folder of its own: a process of it starts ten times as fast. */
export function transpile(...files: string[]): string {
  const out = folder({ 'package.json': '{ "type": "module" }' });
  for (const file of files) {
    const { outputText } = ts.transpileModule(readFileSync(join(ROOT, file), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const path = join(out, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, outputText);
  }
  return out;
}
