/**
 * Builds what is published into dist: the library and the program as minified modules without their comments, and
 * the library's types in one file. Two files as sources lie one folder deep, so do all of these: what the code finds
 * beside itself, such as the built-in site, it finds from both.
 */
import { rmSync } from 'node:fs';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const DIST = 'dist';

async function buildModules(): Promise<void> {
  await build({
    entryPoints: { index: 'src/index.ts', program: 'src/cli/main.ts' },
    outdir: DIST,
    bundle: true,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minify: true,
    // Node shows the line of an error that nobody caught.
    lineLimit: 120,
    logLevel: 'warning',
  });
}

/** What is marked `@internal` is left out, and all that only it refers to. */
async function buildTypes(): Promise<void> {
  const types = await rollup({
    input: 'src/index.ts',
    // Node's own modules and other packages.
    external: /^[^./]/,
    plugins: [dts({ tsconfig: 'tsconfig.json', compilerOptions: { stripInternal: true } })],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  await types.write({ file: `${DIST}/index.d.ts` });
}

rmSync(DIST, { recursive: true, force: true });
await Promise.all([buildModules(), buildTypes()]);
