// Answers of graphql-js 16 to the documents below, over the schema that the probe prints.
//   npm install graphql@16 && node oracle.mjs <probe.graphql> <output folder> [--full]
// `--full` crosses all containers with all containers (the committed files hold a part of them).
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, execute, getIntrospectionQuery, parse, subscribe, validate } from 'graphql';

const [sdl, out, full] = process.argv.slice(2);
const schema = buildSchema(readFileSync(sdl, 'utf8'));
const soon = () => new Promise((done) => setTimeout(done, 2));
const failed = () => { throw new Error('failed'); };
const cell = (well) => ({ __typename: 'Cell', well });
const disc = (well) => ({ __typename: 'Disc', well });
const pair = (well) => [cell(true), cell(well)];
const or = (well, value) => (well ? value : failed());
const entry = (well) => (well ? 2 : new Error('failed'));

let bumps = 0;
const bump = () => { bumps += 1; return { n: bumps }; };
const text = (value) => (value === null || value === undefined ? 'null' : String(value));
const told = (list) => (list ? `[${list.join(',')}]` : 'null');
const inner = (input) => `{${input.need} ${input.d} ${'m' in input ? text(input.m) : 'undefined'} ${told(input.list)} ` +
  `${input.inner ? inner(input.inner) : 'null'} ${text(input.color)}}`;
const fields = {
  ok: () => 1, slow: async () => { await soon(); return 2; }, id: () => 7,
  slower: async () => { await soon(); await soon(); return 3; },
  eNn: (s) => or(s.well, 1), lNn: async (s) => { await soon(); return or(s.well, 1); },
  eN: (s) => or(s.well, 1), oN: (s) => or(s.well, 1), gNn: (s) => or(s.well, 1), gN: (s) => or(s.well, 1),
  vNn: (s) => [1, entry(s.well)], vN: (s) => [1, entry(s.well)],
  ovNn: (s) => [1, entry(s.well)], ovN: (s) => [1, entry(s.well)],
  vv: (s) => [[1], [1, entry(s.well)]], vov: (s) => [[1], [1, entry(s.well)]],
  rv: (s) => or(s.well, [1]), rov: (s) => or(s.well, [1]), orv: (s) => or(s.well, [1]),
  rc: (s) => or(s.well, cell(s.well)), roc: (s) => or(s.well, cell(s.well)), orc: (s) => or(s.well, cell(s.well)),
  cNn: (s) => cell(s.well), cN: (s) => cell(s.well), late: async (s) => { await soon(); return cell(s.well); },
  csNn: (s) => pair(s.well), csN: (s) => pair(s.well), ocsNn: (s) => pair(s.well), ocsN: (s) => pair(s.well),
  rcs: (s) => pair(s.well), css: (s) => [pair(true), pair(s.well)],
  fNn: (s) => cell(s.well), fN: (s) => disc(s.well), fs: (s) => [disc(true), cell(s.well)],
  uNn: (s) => cell(s.well), us: (s) => [disc(true), cell(s.well)],
  corner: () => 4, radius: () => 5,
  need: (s, a) => a.n, shut: failed, panic: failed, panicNn: failed,
  echo: (s, a) => [text(a.b), text(a.dn), text(a.n), 'm' in a ? text(a.m) : 'undefined', text(a.f), text(a.s), text(a.id),
    text(a.t), text(a.color), told(a.list),
    a.lists ? a.lists.map((l) => (l ? l.map(text).join('+') : 'null')).join('|') : 'null',
    a.one ? ('a' in a.one ? `a${a.one.a}` : `b${a.one.b}`) : 'null', a.input ? inner(a.input) : 'null'].join(' '),
  bump, again: bump, v: (s) => s.n, w: (s) => s.n,
  bumpLater: async () => { await soon(); return bump().n; }, signIn: () => 1,
};
const fieldResolver = (source, args, context, info) => fields[info.fieldName](source, args);
async function* events(values) { yield* values; }
const streams = {
  cells: () => events(pair(false)), maybeCells: () => events(pair(false)),
  numbers: () => events([1, new Error('failed'), 3]), maybeNumbers: () => events([1, new Error('failed'), null]),
  faces: () => events([disc(true), cell(false)]), shut: failed, panics: () => events([1]),
};
const keep = (result) => ({
  data: result.data ?? null,
  paths: (result.errors ?? []).map((error) => JSON.stringify(error.path ?? [])).sort(),
});
const write = (name, rows) =>
  writeFileSync(join(out, name), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);

async function answer(document, variables) {
  const parsed = parse(document);
  const wrong = validate(schema, parsed);
  if (wrong.length) throw new Error(`${document}: ${wrong[0].message}`);
  bumps = 0;
  const result = await execute({ schema, document: parsed, rootValue: { well: false }, variableValues: variables, fieldResolver });
  return 'data' in result ? keep(result) : { refused: true };
}
async function stream(document) {
  const parsed = parse(document);
  const wrong = validate(schema, parsed);
  if (wrong.length) throw new Error(`${document}: ${wrong[0].message}`);
  const events = await subscribe({
    schema, document: parsed, rootValue: { well: false }, fieldResolver: (source, args, context, info) =>
      (info.parentType.name === 'Events' ? source : fieldResolver(source, args, context, info)),
    subscribeFieldResolver: (source, args, context, info) => streams[info.fieldName](),
  });
  if (!(Symbol.asyncIterator in events)) return [keep(events)];
  const seen = [];
  for await (const event of events) {
    if (event.data === null || event.data) seen.push(keep(event));
  }
  return seen;
}

// 1. Failing fields.
const leaves = ['eNn', 'lNn', 'eN', 'oN', 'gNn', 'gN', 'vNn', 'vN', 'ovNn', 'ovN', 'vv', 'vov', 'rv', 'rov', 'orv',
  'rc{ok}', 'roc{ok}', 'orc{ok}'];
const containers = ['cNn', 'cN', 'late', 'csNn', 'csN', 'ocsNn', 'ocsN', 'rcs', 'css', 'fNn', 'fN', 'fs', 'uNn', 'us'];
const chosen = full ? containers : ['cNn', 'cN', 'csNn', 'csN', 'fs', 'us'];
const wrap = (container, within) => (/^[fu]/.test(container)
  ? `${container}{...on Cell{${within}}...on Disc{${within}}}` : `${container}{${within}}`);
const around = (within) => `ok ${within} slow`;
const faced = ['eNn', 'lNn', 'eN', 'gNn', 'gN', 'rv', 'rov', 'rc{ok}', 'roc{ok}', 'csN{eN}', 'cN{eNn}', 'cNn{eNn}'];
const documents = [];
for (const leaf of leaves) {
  for (const kind of ['', 'mutation']) {
    documents.push(`${kind}{${around(leaf)}}`);
    for (const one of kind && !full ? chosen : containers) documents.push(`${kind}{${around(wrap(one, around(leaf)))}}`);
  }
  for (const one of chosen) for (const two of chosen) {
    documents.push(`{${around(wrap(one, around(wrap(two, around(leaf)))))}}`);
  }
}
for (const leaf of faced) for (const face of ['fNn', 'fN', 'fs']) {
  documents.push(`{ok ${face}{id ${leaf} ok} slow}`);
  documents.push(`{ok cN{${face}{id ${leaf} ok}} slow}`);
}
// Key order, merged keys, conditions: whatever a document can do to the order and the number of resolver calls.
documents.push(
  '{slower ok slow}', '{slow ok}', '{a:slower b:ok c:slow}', '{slow __typename ok}', '{cN{slower ok __typename slow}}',
  '{...F ok} fragment F on Query{slow id}', '{ok ...F slower} fragment F on Query{slow ok id}',
  '{cN{slow} ok cN{ok}}', '{cN{ok} ...F} fragment F on Query{cN{slow ok id}}',
  '{cN{...A ...B}} fragment A on Cell{late{ok}} fragment B on Cell{late{slow ok}}',
  '{cN{late{ok} ...B} ...{cN{late{id}}}} fragment B on Cell{late{slow ok}}',
  '{csN{slow ok} csN{id}}', '{fN{id ...on Disc{slow radius} ok}}', '{fN{...on Cell{corner} ...on Disc{radius} id}}',
  '{fs{id ...on Cell{slow corner} ...on Disc{radius slow}}}', '{us{__typename ...on Cell{slow corner} ...on Disc{radius}}}',
  '{us{...on Disc{radius} __typename ...on Cell{corner}}}', '{fs{...on Face{slow:ok id} id}}',
  '{fs{cN{ok} ...on Cell{cN{slow}} ...on Disc{cN{id}}}}', '{fs{...on Cell{cN{slow}} ...on Disc{cN{id}} cN{ok}}}',
  '{fs{...on Face{cN{ok}} ...on Cell{corner cN{slow}}}}', '{us{...on Face{cN{ok} id} ...on Cell{cN{slow} corner}}}',
  '{us{...on Face{id} ...on Cell{id corner}}}', '{us{...on Face{...on Cell{corner}} __typename}}',
  '{fs{...on Either{...on Cell{corner}} id}}', '{fs{eN ...on Cell{eN corner}}}', '{fs{gN}}', '{fs{...on Cell{gN} gN}}',
  '{cN{...on Face{id ok}}}', '{cN{...on Face{...on Disc{radius}} ok}}', '{cN{...on Either{...on Cell{corner}}}}',
  'mutation{bumpLater bump{v} x:bumpLater}', 'mutation{bump{v} bump{w}}', 'mutation{bump{v} ...F} fragment F on Mutation{bump{w}}',
  'mutation{bump{again{v}} bump{again{w}}}', 'mutation{bump{...A ...B}} fragment A on Bump{again{v}} fragment B on Bump{again{w}}',
  'mutation{x:bumpLater cN{eN} bumpLater}', 'mutation{x:bumpLater eN bumpLater}', 'mutation{x:bumpLater eNn bumpLater}',
  'mutation{bump{v} x:bump{v} bump{w}}', '{ok @skip(if:true)}', '{cN{ok @skip(if:true)}}', '{ok @include(if:false) slow}',
  '{__typename @skip(if:true) ok}', '{cN{__typename @include(if:false) ok}}', '{...F@skip(if:true) ok} fragment F on Query{id}',
  '{...@include(if:false){id} ok}', '{cN{...F@skip(if:true) ok ...F}} fragment F on Cell{id}', '{ok ok ok}',
  '{__schema{queryType{name}} ok}', '{__type(name:"Cell"){name kind} ok}', '{__type(name:"Zz"){name}}',
  '{x:__typename}', 'query Q{ok}', '{csN{cN{eN}} csN{cN{eNn}}}', '{cN{eNn} cN{ok}}', '{cN{eN eN}}', '{fN{eNn ...on Disc{eNn}}}',
);
const rows = [];
for (const document of documents) {
  const { data, paths } = await answer(document);
  rows.push(paths.length ? [document, data, paths.map((path) => JSON.parse(path))] : [document, data]);
}
write('fields.json', rows);

// 2. Subscriptions.
const subscriptions = ['numbers', 'maybeNumbers', 'shut', 'x:numbers', 'cells{ok}', 'cells{cN{eN} ok}', '...F', '...{...F}',
  'faces{id ...on Disc{radius}}', 'faces{gN}'];
for (const leaf of leaves) {
  for (const [root, wrapped] of [['cells', leaf], ['maybeCells', leaf], ['cells', `cN{${leaf} ok}`], ['cells', `csN{${leaf} ok}`],
    ['faces', `...on Cell{${leaf}}...on Disc{${leaf}}`]]) subscriptions.push(`${root}{id ${wrapped} ok}`);
}
const streamed = [];
for (const set of subscriptions) {
  const fragment = set.includes('F') ? `fragment F on Events{${set.startsWith('faces') ? 'faces{ok}' : 'cells{eN}'}}` : '';
  const document = `subscription{${set}} ${fragment}`;
  streamed.push([document, (await stream(document)).map(({ data, paths }) => [data, paths.map((path) => JSON.parse(path))])]);
}
write('events.json', streamed);

// 3. Inputs: the value, a field error, or a refusal of the request.
const inputs = [];
const ask = (document, ...variables) => variables.forEach((each) => inputs.push([document, each]));
const types = {
  b: ['Int!', 'Int', 'Int = 4', 'Int! = 4'], dn: ['Int', 'Int = 4', 'Int! = 4'], n: ['Int', 'Int!', 'Int = null'], m: ['Int', 'Int = 4', 'Int!'],
};
for (const [name, declared] of Object.entries(types)) {
  ask(`{echo(${name}:6)}`, {});
  for (const type of declared) {
    ask(`query($x:${type}){echo(${name}:$x)}`, {}, { x: null }, { x: 6 }, { x: 'six' }, { x: 1.5 }, { x: 2.0 }, { x: 2147483648 },
      { x: -2147483648 }, { x: [1] }, { x: { a: 1 } }, { x: true }, { y: 1 });
  }
}
ask('{echo}', {}); ask('{echo(dn:null n:null m:null)}', {});
const scalars = [1, 1.5, -0.5, 1e5, '1', '', true, null, [], [1], {}, 9007199254740993, 123456789012];
for (const [name, type] of [['f', 'Float'], ['s', 'String'], ['id', 'ID'], ['t', 'Boolean'], ['color', 'Color'], ['n', 'Int']]) {
  ask(`query($x:${type}){echo(${name}:$x)}`, {}, ...scalars.map((x) => ({ x })));
}
ask('query($x:Color){echo(color:$x)}', { x: 'RED' }, { x: 'GREEN' }, { x: 'red' }, { x: 'BLUE' }, { x: 0 });
ask('query($x:Color=GREEN){echo(color:$x)}', {}, { x: null });
ask('query($x:[Int!]){echo(list:$x)}', {}, { x: null }, { x: 1 }, { x: [1, 2] }, { x: [1, null] }, { x: [] }, { x: ['a'] }, { x: [[1]] });
ask('query($x:[Int!]=3){echo(list:$x)}', {}); ask('query($x:[Int!]=[3,4]){echo(list:$x)}', {});
ask('query($x:Int){echo(lists:[[$x]])}', {}, { x: null }, { x: 1 }); ask('query($x:Int!){echo(list:[1,$x])}', { x: 2 }, {});
ask('query($x:[[Int]]){echo(lists:$x)}', { x: 1 }, { x: [1] }, { x: [1, 2] }, { x: [[1], [2, null], null] }, { x: [[[1]]] }, { x: null });
ask('query($x:[Int]){echo(lists:[$x,[1]])}', {}, { x: null }, { x: [3] }, { x: 3 });
ask('{echo(list:1)}', {}); ask('{echo(lists:1)}', {}); ask('{echo(lists:[1,2])}', {});
ask('query($x:OneOf){echo(one:$x)}', {}, { x: null }, { x: { a: 1 } }, { x: { b: 'z' } }, { x: {} }, { x: { a: 1, b: 'z' } },
  { x: { a: null } }, { x: { a: 1, b: null } }, { x: { c: 1 } }, { x: { a: 'z' } });
ask('query($x:Int!){echo(one:{a:$x})}', { x: 1 }, {}); ask('{echo(one:{b:"q"})}', {});
ask('query($x:Inner){echo(input:$x)}', { x: { need: 1 } }, { x: {} }, { x: { need: null } }, { x: { need: 1, d: 2 } },
  { x: { need: 1, d: null } }, { x: { need: 1, m: null } }, { x: { need: 1, m: 2 } }, { x: { need: 1, zz: 2 } }, { x: 1 }, { x: [] },
  { x: 'a' }, { x: { need: 1, list: 4 } }, { x: { need: 1, list: [4, 'a'] } }, { x: { need: 1, inner: { need: 2, color: 'RED' } } },
  { x: { need: 1, inner: { need: 2, inner: {} } } }, { x: { need: 1, inner: null } }, { x: { need: 1, color: 'PINK' } },
  { x: { need: 2147483648 } }, { x: [{ need: 1 }] }, {}, { x: null });
ask('query($x:Inner={need:8}){echo(input:$x)}', {}, { x: null }, { x: { need: 1 } });
ask('query($x:Inner={need:8,inner:{need:9,list:3}}){echo(input:$x)}', {});
ask('query($x:Int){echo(input:{need:1,m:$x})}', {}, { x: null }, { x: 4 });
ask('query($x:Int){echo(input:{need:1,d:$x})}', {}, { x: null }, { x: 4 });
ask('query($x:Int!){echo(input:{need:$x})}', {}, { x: null }, { x: 4 });
ask('query($x:Int=2){echo(input:{need:$x})}', {}, { x: null }, { x: 4 });
ask('query($x:Int=2){need(n:$x)}', {}, { x: null }, { x: 4 }); ask('query($x:Int!){need(n:$x)}', {}, { x: null }, { x: 4 });
ask('query($x:Int){echo(input:{need:1,list:[1],inner:{need:2,m:$x}})}', {}, { x: null }, { x: 4 });
for (const type of ['Boolean!', 'Boolean = true', 'Boolean = false', 'Boolean! = true']) {
  for (const directive of ['skip', 'include']) {
    ask(`query($x:${type}){ok id @${directive}(if:$x)}`, {}, { x: true }, { x: false }, { x: null }, { x: 'true' }, { x: 1 });
    ask(`query($x:${type}){ok __typename @${directive}(if:$x) cN{id @${directive}(if:$x) ok}}`, {}, { x: true }, { x: false });
    ask(`query($x:${type}){...F @${directive}(if:$x) ok} fragment F on Query{id}`, {}, { x: true }, { x: false });
    ask(`query($x:${type}){...@${directive}(if:$x){cN{id}} cN{ok}}`, {}, { x: true }, { x: false });
  }
}
ask('query($a:Boolean!,$b:Boolean!){id @skip(if:$a) @include(if:$b) ok}', ...[true, false].flatMap((a) => [true, false].map((b) => ({ a, b }))));
ask('{echo(s:"a\\u00e9\\n\\"b")}', {}); ask('{echo(s:"""\n  block\n    "text"\n  """)}', {}); ask('{echo(s:"\\u{1F600}\\u{41}")}', {});
ask('{echo(f:1)}', {}); ask('{echo(f:1.5e3)}', {}); ask('{echo(id:12)}', {}); ask('{echo(id:"12")}', {}); ask('{echo(t:false)}', {});
const answered = [];
for (const [document, variables] of inputs) {
  const { data, paths, refused } = await answer(document, variables);
  // A condition that is null has no field to fail on; we refuse it as a request.
  answered.push(refused || paths.includes('[]') ? [document, variables, 'refused'] : paths.length ? [document, variables, data, paths.map((path) => JSON.parse(path))]
    : [document, variables, data]);
}
write('inputs.json', answered);

// 4. Validation: valid or not.
const judged = readFileSync(new URL('documents.graphql', import.meta.url), 'utf8').split('\n')
  .filter((line) => line && !line.startsWith('#'));
write('documents.json', judged.map((document) => {
  try { return [document, validate(schema, parse(document)).length === 0]; } catch { return [document, false]; }
}));
write('introspection.json', [getIntrospectionQuery(), getIntrospectionQuery({ descriptions: false }), getIntrospectionQuery({
  specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true,
})]);
