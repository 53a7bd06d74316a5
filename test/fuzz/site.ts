import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands in every file that nobody may see. */
export const SECRET = 'not for the public';

const FILES: Record<string, string> = {
  'site/index.html': 'the front page',
  'site/page.eta': '<p><%= it.request.path %> <%= it.request.method %></p>',
  'site/a.txt': 'a line of text\n'.repeat(100),
  'site/sub/index.html': 'a page below',
  'site/.hidden': SECRET,
  'site/sub/.git/config': SECRET,
  'site/echo.page.mjs': `// ${SECRET}
export default async (request) => ({ headers: { 'Content-Type': 'text/plain' }, body: await request.text() });`,
  'secret.txt': SECRET,
};

/** A folder of pages of each kind, with secrets in and beside it, that is removed when the process exits. */
export function writeSite(): string {
  const root = mkdtempSync(join(tmpdir(), 'phpstack-fuzz-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  symlinkSync('../secret.txt', join(root, 'site/link.txt'));
  symlinkSync('..', join(root, 'site/up'));
  return join(root, 'site');
}
