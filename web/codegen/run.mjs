// Runs stock generators over a schema bundle: node run.mjs BUNDLE
//
// Each must succeed, its output must pass the strictest compiler, and nothing in it may be an `any`.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildClientSchema, buildSchema, lexicographicSortSchema, parse, print, printSchema } from "graphql";
import ts from "typescript";

const here = import.meta.dirname;
const bundle = resolve(process.argv[2] ?? "");
const read = (name) => readFileSync(join(bundle, name), "utf8");
const json = (name) => JSON.parse(read(name));
const scalars = Object.entries(json("scalars.json")).map(([name, to]) => [name, to.typescript.type]);
const operations = readdirSync(join(bundle, "operations")).map((name) => [name.replace(/\.graphql$/, ""), read(`operations/${name}`)]);

function program(folder, name, ...words) {
  const env = { ...process.env, BUNDLE: bundle, CI: "1", NO_COLOR: "1" };
  try {
    execFileSync(join(here, "node_modules/.bin", name), words, { cwd: join(here, folder), env, stdio: "pipe" });
  } catch (failed) {
    fail(`${name} failed:\n${failed.stdout}\n${failed.stderr}`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

for (const client of ["client", "tada", "relay"]) {
  rmSync(join(here, client, "generated"), { recursive: true, force: true });
  mkdirSync(join(here, client, "generated"), { recursive: true });
}

// The two forms of the schema say the same.
const sdl = buildSchema(read("schema.graphql"));
const sorted = (schema) => printSchema(lexicographicSortSchema(schema));
const introspected = json("introspection.json").data;
// The framework leaves the descriptions of directives' arguments out of the SDL.
for (const directive of introspected.__schema.directives) {
  for (const argument of directive.args) argument.description = null;
}
if (sorted(sdl) !== sorted(buildClientSchema(introspected))) {
  fail("schema.graphql and introspection.json differ");
}

// graphql-codegen.
program(".", "graphql-codegen", "--config", "client/codegen.mjs", "--errors-only");

// gql.tada, with the example operations as documents of a module.
const tada = (name, text) => writeFileSync(join(here, "tada/generated", name), text);
const plugin = { name: "gql.tada/ts-plugin", schema: join(bundle, "schema.graphql"), tadaOutputLocation: "introspection.d.ts" };
tada("tsconfig.json", JSON.stringify({ compilerOptions: { plugins: [plugin] } }));
program("tada/generated", "gql.tada", "generate-output", "--tsconfig", "tsconfig.json");
tada("scalars.d.ts", `export type scalars = { ${scalars.map(([name, type]) => `${name}: ${type}`).join("; ")} };\n`);
const constant = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const documents = operations.map(([name, text]) => `export const ${constant(name)} = graphql(\`${print(parse(text))}\`);\n`);
tada("operations.ts", `import { graphql } from "../use";\n${documents.join("")}`);

// relay-compiler, with documents of its own: Node, Connection and the rules of mutations.
cpSync(join(bundle, "schema.graphql"), join(here, "relay/generated/schema.graphql"));
mkdirSync(join(here, "relay/generated/artifacts"));
const settings = {
  src: "../src",
  schema: "schema.graphql",
  artifactDirectory: "artifacts",
  language: "typescript",
  eagerEsModules: true,
  customScalarTypes: Object.fromEntries(scalars.filter(([name]) => name !== "ID")),
};
writeFileSync(join(here, "relay/generated/relay.config.json"), JSON.stringify(settings));
program("relay/generated", "relay-compiler", "--noWatchman", "relay.config.json");

// The strictest compiler passes over all of it, and finds no `any`: neither written in what was generated, nor in the
// type of any expression of the three clients, nor anywhere inside what a document of gql.tada gives or takes.
const { options, fileNames } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(here, "tsconfig.json"), ts.sys.readFile).config, ts.sys, here,
);
const checked = ts.createProgram(fileNames, options);
const complaints = ts.getPreEmitDiagnostics(checked);
if (complaints.length > 0) {
  const host = { getCurrentDirectory: () => here, getNewLine: () => "\n", getCanonicalFileName: (name) => name };
  fail(ts.formatDiagnostics(complaints, host));
}
const checker = checked.getTypeChecker();
const count = { files: 0, helpers: 0, types: 0 };
// Lines that the generators write for whatever schema; they give nothing of ours a type.
const HELPERS = ["return (documents as any)[source]", "export type DocumentType<", "(node as any).hash ="];
const places = [];

function found(source, node, what) {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  const text = source.text.split("\n")[line].trim();
  if (what === "is written" && HELPERS.some((helper) => text.startsWith(helper))) count.helpers += 1;
  else places.push(`${source.fileName}:${line + 1}: any ${what}`);
}

/** The path to an `any` inside a type, if there is one. */
function within(type, path, seen) {
  if (type.flags & ts.TypeFlags.Any) return path;
  if (seen.has(type) || path.length > 40) return undefined;
  seen.add(type);
  count.types += 1;
  const parts = type.isUnionOrIntersection() ? type.types.map((part) => [part, path]) : [];
  if (checker.isArrayType(type)) parts.push(...checker.getTypeArguments(type).map((part) => [part, `${path}[]`]));
  else if (type.flags & ts.TypeFlags.Object) {
    parts.push(...type.getProperties().map((part) => [checker.getTypeOfSymbol(part), `${path}.${part.name}`]));
  }
  for (const [part, where] of parts) {
    const place = within(part, where, seen);
    if (place !== undefined) return place;
  }
  return undefined;
}

for (const source of checked.getSourceFiles().filter((file) => fileNames.includes(file.fileName))) {
  count.files += 1;
  const generated = source.fileName.includes("/generated/");
  const visit = (node) => {
    if (generated && node.kind === ts.SyntaxKind.AnyKeyword) found(source, node, "is written");
    if (ts.isImportDeclaration(node) || ts.isLiteralTypeNode(node)) return;
    if (!generated && ts.isExpression(node) && checker.getTypeAtLocation(node).flags & ts.TypeFlags.Any) {
      found(source, node, `is the type of ${node.getText(source).slice(0, 60)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (source.fileName.includes("/tada/generated/operations") || source.fileName.endsWith("/client/generated/graphql.ts")) {
    for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source) ?? fail("not a module"))) {
      const is = symbol.flags & ts.SymbolFlags.Type ? checker.getDeclaredTypeOfSymbol(symbol) : checker.getTypeOfSymbol(symbol);
      // A document carries its result and variables in the argument of a function: `__apiType`.
      const api = is.getProperty("__apiType");
      const carried = api ? checker.getNonNullableType(checker.getTypeOfSymbol(api)).getCallSignatures() : [];
      const types = carried.flatMap((one) => [one.getReturnType(), ...one.parameters.map((part) => checker.getTypeOfSymbol(part))]);
      if (api && types.length !== 2) fail(`${symbol.name} does not carry its types`);
      const plain = symbol.flags & ts.SymbolFlags.Type ? [is] : types;
      for (const type of plain) {
        const place = within(type, symbol.name, new Set());
        if (place !== undefined) found(source, source, `is in ${place}`);
      }
    }
  }
}
if (places.length > 0) fail(places.join("\n"));
console.log(
  `graphql-codegen, gql.tada, relay-compiler: ${operations.length} operations, ${count.files} files, ` +
    `${count.types} types looked into, ${places.length} any (besides ${count.helpers} in fixed helper lines)`,
);
