// Builds the page into api/assets/graphiql: a flat directory of fixed names that the server embeds.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../api/assets/graphiql');
process.chdir(here);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const inputs = new Set();
const version = (file) => createHash('sha256').update(readFileSync(join(out, file))).digest('hex').slice(0, 12);

async function bundle(options) {
  const { metafile } = await build({
    bundle: true,
    minify: true,
    metafile: true,
    outdir: out,
    target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
    legalComments: 'none',
    charset: 'utf8',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
    ...options,
  });
  for (const output of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) if (bytesInOutput > 0) inputs.add(file);
  }
}

// GraphiQL indents the variables with prettier's JavaScript parser, half a megabyte; a JSON formatter that is in the bundle anyway does as well.
const smallJsonFormatter = {
  name: 'small-json-formatter',
  setup({ onLoad }) {
    onLoad({ filter: /@graphiql.react.dist.utility.jsonc\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const start = source.indexOf('async function formatJSONC');
      const end = source.indexOf('\n}', start) + 2;
      if (start < 0 || end < 2) throw new Error('formatJSONC has moved');
      const ours = `import { applyEdits, format } from "jsonc-parser";
async function formatJSONC(text) {
  return applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 }));
}`;
      return { contents: source.slice(0, start) + ours + source.slice(end), loader: 'js' };
    });
  },
};

await bundle({
  format: 'iife',
  entryPoints: {
    'editor.worker': 'node_modules/monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'node_modules/monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'node_modules/monaco-graphql/esm/graphql.worker.js',
  },
});
const workers = Object.fromEntries(
  ['editor', 'json', 'graphql'].map((name) => [name, `/graphiql/${name}.worker.js?v=${version(`${name}.worker.js`)}`]),
);
await bundle({
  format: 'esm',
  plugins: [smallJsonFormatter],
  jsx: 'automatic',
  entryPoints: { app: 'src/main.jsx' },
  assetNames: '[name]',
  loader: { '.ttf': 'file', '.woff2': 'file' },
  define: { 'process.env.NODE_ENV': '"production"', __WORKERS__: JSON.stringify(workers) },
});

const page = readFileSync('src/index.html', 'utf8')
  .replace('__APP_CSS__', version('app.css'))
  .replace('__APP_JS__', version('app.js'));
writeFileSync(join(out, 'index.html'), page);

// The licence of every package that is part of the output, in full.
// These carry no text of their own; a package of the same authors under the same licence does.
const LENT = { '@graphiql/': 'graphiql', 'react-compiler-runtime': 'react', 'react-remove-scroll-bar': 'react-remove-scroll' };
const roots = new Set();
for (const file of inputs) {
  const parts = file.split(sep);
  const at = parts.lastIndexOf('node_modules');
  if (at >= 0) roots.add(parts.slice(0, at + (parts[at + 1].startsWith('@') ? 3 : 2)).join('/'));
}
const texts = [];
for (const root of roots) {
  const { name, version: number, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const files = readdirSync(root).filter((file) => /^(licen[cs]e|copying|notice|third-?party-?notices)/i.test(file)).sort();
  const text = files.map((file) => readFileSync(join(root, file), 'utf8').trim()).join('\n\n');
  const lent = Object.entries(LENT).find(([start]) => name.startsWith(start))?.[1];
  const full = text || (lent && readFileSync(join('node_modules', lent, 'LICENSE'), 'utf8').trim());
  if (!full) throw new Error(`no licence text: ${name} ${number} (${license})`);
  texts.push({ name, number, license, text: full });
}
texts.sort((a, b) => (a.name < b.name ? -1 : 1));
const head = `The files in this directory contain code from the following packages.\n\n${texts
  .map(({ name, number, license }) => `  ${name} ${number} (${license})`)
  .join('\n')}\n`;
writeFileSync(
  join(out, 'LICENSES.txt'),
  head + texts.map(({ name, number, text }) => `\n${'='.repeat(78)}\n${name} ${number}\n${'='.repeat(78)}\n\n${text}\n`).join('').replace(/\r/g, ''),
);

for (const file of readdirSync(out).sort()) console.log(file.padEnd(20), readFileSync(join(out, file)).length);
