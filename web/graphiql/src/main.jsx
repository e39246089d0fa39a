import './strict-styles.js';
import './workers.js';
import { useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQL, GraphiQLInterface, HISTORY_PLUGIN } from 'graphiql';
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HistoryStore } from '@graphiql/plugin-history';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';
import { Bar, variablesText } from './bar.jsx';
import { config } from './config.js';
import { createFetcher } from './fetcher.js';
import * as facts from './facts.js';
import * as debug from './debug.js';
import { INTROSPECTION } from './schema.js';
import * as session from './session.js';

const FIRST_TABS = 5;
const WELCOME = `# Press Ctrl-Enter to run, Ctrl-Space for suggestions.
# The book at the upper left opens the documentation of the schema.

query Viewer {
  viewer {
    username
  }
}
`;

const fetcher = createFetcher(facts.record);
const plugins = [DOC_EXPLORER_PLUGIN, explorerPlugin(), HISTORY_PLUGIN];
const firstTabs = config.tabs.length
  ? config.tabs.slice(0, FIRST_TABS).map(({ query, variables }) => ({ query, variables: variablesText(variables) }))
  : undefined;

function Facts() {
  const list = useSyncExternalStore(facts.subscribe, facts.snapshot);
  return (
    <div className="stoa-facts" role="status" aria-label="Cost of the last answer">
      {list.map(([name, value]) => (
        <span key={name}>{name} <strong>{value}</strong></span>
      ))}
    </div>
  );
}

function Debug() {
  useSyncExternalStore(session.subscribe, session.snapshot);
  const on = useSyncExternalStore(debug.subscribe, debug.isOn);
  if (!debug.isAllowed()) return null;
  return (
    <label className="stoa-debug" title="Answers say which statements were made for them, and how long things took.">
      <input type="checkbox" checked={on} onChange={(event) => debug.turn(event.target.checked)} />
      Debug
    </label>
  );
}

function Page() {
  return (
    <GraphiQLProvider
      fetcher={fetcher}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      defaultQuery={WELCOME}
      defaultTabs={firstTabs}
      introspectionQueryName={INTROSPECTION}
      inputValueDeprecation
      schemaDescription
    >
      <HistoryStore maxHistoryLength={50}>
        <DocExplorerStore>
          <Bar />
          <main className="stoa-main">
            <GraphiQLInterface showPersistHeadersSettings={false}>
              <GraphiQL.Logo><span className="stoa-logo">GraphiQL</span></GraphiQL.Logo>
            </GraphiQLInterface>
          </main>
          <footer className="stoa-foot">
            <Facts />
            <Debug />
          </footer>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}

createRoot(document.getElementById('root')).render(<Page />);
session.restore();
