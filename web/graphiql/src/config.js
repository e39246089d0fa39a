// What the server wrote into the page.
const raw = document.getElementById('root').dataset.config;
const given = raw && raw.trim().startsWith('{') && !raw.startsWith('{{') ? JSON.parse(raw) : {};

export const config = {
  endpoint: given.endpoint ?? '/graphql',
  demo: given.demo === true,
  people: given.people ?? [],
  tabs: given.tabs ?? [],
};
