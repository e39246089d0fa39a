import { useEffect, useId, useRef, useState, useSyncExternalStore } from 'react';
import * as Menu from '@radix-ui/react-dropdown-menu';
import * as Dialog from '@radix-ui/react-dialog';
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { config } from './config.js';
import * as session from './session.js';

const BUTTONS = 3;

function topics() {
  const found = new Map();
  for (const tab of config.tabs) {
    const topic = tab.topic || 'General';
    if (!found.has(topic)) found.set(topic, []);
    found.get(topic).push(tab);
  }
  return [...found];
}

export const variablesText = (variables) =>
  variables == null || variables === '' ? '' : typeof variables === 'string' ? variables : JSON.stringify(variables, null, 2);

function MenuBox({ label, children, align = 'start', disabled }) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="stoa-button" disabled={disabled}>
        {label}
        <span className="stoa-caret" aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="stoa-menu" align={align} sideOffset={6} collisionPadding={8} loop>
          {children}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Examples() {
  const { queryEditor, variableEditor, tabs, activeTabIndex } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'tabs', 'activeTabIndex'),
  );
  const { addTab, updateActiveTabValues } = useGraphiQLActions();
  if (!config.tabs.length) return null;

  function open(example) {
    const variables = variablesText(example.variables);
    // An empty tab is used, anything else stays as it is.
    if (queryEditor?.getValue().trim() || tabs[activeTabIndex]?.query?.trim()) addTab();
    queryEditor?.setValue(example.query);
    variableEditor?.setValue(variables);
    updateActiveTabValues({ query: example.query, variables });
    requestAnimationFrame(() => queryEditor?.focus());
  }
  const item = (example, index) => (
    <Menu.Item key={index} className="stoa-item" onSelect={() => open(example)}>
      {example.title}
    </Menu.Item>
  );
  const groups = topics();

  return (
    <MenuBox label="Examples">
      {groups.length === 1
        ? groups[0][1].map(item)
        : groups.map(([topic, examples]) => (
            <Menu.Sub key={topic}>
              <Menu.SubTrigger className="stoa-item">
                {topic}
                <span className="stoa-count" aria-hidden="true">{examples.length}</span>
              </Menu.SubTrigger>
              <Menu.Portal>
                <Menu.SubContent className="stoa-menu" sideOffset={4} collisionPadding={8} loop>
                  {examples.map(item)}
                </Menu.SubContent>
              </Menu.Portal>
            </Menu.Sub>
          ))}
    </MenuBox>
  );
}

function Person({ person, current }) {
  return (
    <>
      <span className="stoa-person">
        <span className="stoa-name">{person.displayName}</span>
        {(person.roles ?? []).map((role) => (
          <span key={role} className="stoa-role">{role}</span>
        ))}
        {current && <span className="stoa-here">signed in</span>}
      </span>
      {person.blurb && <span className="stoa-blurb">{person.blurb}</span>}
    </>
  );
}

function SignInForm({ open, onOpenChange }) {
  const { busy, problem } = useSyncExternalStore(session.subscribe, session.snapshot);
  const id = useId();

  async function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (await session.signIn(form.get('identifier'), form.get('password'))) onOpenChange(false);
  }

  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="stoa-overlay" />
        <Dialog.Content className="stoa-dialog" aria-describedby={undefined}>
          <Dialog.Title className="stoa-dialog-title">Sign in</Dialog.Title>
          <form onSubmit={submit}>
            <label htmlFor={`${id}i`}>Username or e-mail address</label>
            <input id={`${id}i`} name="identifier" autoComplete="username" autoCapitalize="none" spellCheck="false" required />
            <label htmlFor={`${id}p`}>Password</label>
            <input id={`${id}p`} name="password" type="password" autoComplete="current-password" required />
            <p className="stoa-problem" role="alert">{problem}</p>
            <div className="stoa-actions">
              <Dialog.Close type="button" className="stoa-button">Cancel</Dialog.Close>
              <button type="submit" className="stoa-button stoa-primary" disabled={busy}>Sign in</button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Account() {
  const { user, busy, problem } = useSyncExternalStore(session.subscribe, session.snapshot);
  const [form, setForm] = useState(false);
  const id = useId();
  const section = useRef(null);
  const was = useRef(user);
  const people = config.demo ? config.people : [];
  const showForm = (open) => {
    session.forgetProblem();
    setForm(open);
  };
  // The control that was used is gone: the keyboard goes on where the account is.
  useEffect(() => {
    if (was.current === user) return undefined;
    was.current = user;
    const timer = setTimeout(() => {
      if (document.activeElement !== document.body) return;
      const controls = [...section.current.querySelectorAll('button')].filter((control) => control.offsetParent);
      (user ? controls.at(-1) : controls[0])?.focus();
    }, 50);
    return () => clearTimeout(timer);
  }, [user]);
  const rolesOf = people.find((person) => person.username === user?.username)?.roles ?? [];
  const choices = (
    <>
      {people.map((person) => (
        <Menu.Item key={person.username} className="stoa-item stoa-tall" onSelect={() => session.signInAs(person.username)}>
          <Person person={person} current={person.username === user?.username} />
        </Menu.Item>
      ))}
      {people.length > 0 && <Menu.Separator className="stoa-separator" />}
      <Menu.Item className="stoa-item" onSelect={() => setTimeout(showForm, 0, true)}>With a password…</Menu.Item>
    </>
  );

  return (
    <section className="stoa-account" aria-label="Account" ref={section}>
      {problem && !form && <p className="stoa-problem" role="alert">{problem}</p>}
      <p className="stoa-who" role="status">
        {user ? (
          <>
            <span className="stoa-quiet">Signed in as </span>
            <strong title={user.username}>{user.displayName || user.username}</strong>
            {rolesOf.map((role) => (
              <span key={role} className="stoa-role">{role}</span>
            ))}
          </>
        ) : (
          <span className="stoa-quiet">{busy ? 'One moment…' : 'Not signed in'}</span>
        )}
      </p>
      {user ? (
        <>
          {people.length > 0 && <MenuBox label="Switch" align="end" disabled={busy}>{choices}</MenuBox>}
          <button type="button" className="stoa-button" onClick={session.signOut}>Sign out</button>
        </>
      ) : people.length > 0 ? (
        <>
          <div className="stoa-people" role="group" aria-labelledby={id}>
            <span id={id} className="stoa-quiet">Sign in as</span>
            {people.slice(0, BUTTONS).map((person) => (
              <button
                key={person.username}
                type="button"
                className="stoa-button stoa-primary"
                title={[person.roles?.join(', '), person.blurb].filter(Boolean).join(': ')}
                aria-describedby={id}
                disabled={busy}
                onClick={() => session.signInAs(person.username)}
              >
                {person.displayName}
              </button>
            ))}
          </div>
          <MenuBox
            align="end"
            disabled={busy}
            label={
              <>
                <span className="stoa-wide">More</span>
                <span className="stoa-narrow">Sign in as</span>
              </>
            }
          >
            {choices}
          </MenuBox>
        </>
      ) : (
        <button type="button" className="stoa-button stoa-primary" disabled={busy} onClick={() => showForm(true)}>Sign in</button>
      )}
      <SignInForm open={form} onOpenChange={showForm} />
    </section>
  );
}

export function Bar() {
  return (
    <header className="stoa-bar">
      <h1 className="stoa-title"><a href="/">Stoa</a></h1>
      <Examples />
      <Account />
    </header>
  );
}
