// Lets the page run under a policy without 'unsafe-inline'. Monaco writes its lines as HTML with
// style attributes, which no nonce can allow, and adds <style> elements without a nonce.
// Here style attributes become writes through the CSS object model, which the policy allows,
// and <style> elements get the page's nonce. Must be imported before anything else.

const nonce = document.querySelector('link[nonce]')?.nonce ?? '';
const HELD = 'data-held-style';

const createElement = Document.prototype.createElement;
Document.prototype.createElement = function (name, options) {
  const element = createElement.call(this, name, options);
  if (nonce && element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};

// One opening tag with its attributes; text never matches, because text holds no bare `<`.
const TAG = /<[a-z][^\s/>]*(?:\s+[^\s"'=<>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*\s*\/?>/gi;
const STYLE = /(\s)style(\s*=\s*(?:"[^"]*"|'[^']*'))/gi;

function hold(html) {
  return html.replace(TAG, (tag) => tag.replace(STYLE, `$1${HELD}$2`));
}

function release(root) {
  for (const element of root.querySelectorAll(`[${HELD}]`)) {
    element.style.cssText = element.getAttribute(HELD);
    element.removeAttribute(HELD);
  }
}

function withHeldStyles(html, write, root) {
  const text = String(html ?? '');
  if (!text.includes('style=')) return write(html);
  write(hold(text));
  const at = root();
  if (at) release(at);
}

const innerHTML = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML');
Object.defineProperty(Element.prototype, 'innerHTML', {
  ...innerHTML,
  set(html) {
    withHeldStyles(html, (value) => innerHTML.set.call(this, value), () => this);
  },
});

const insertAdjacentHTML = Element.prototype.insertAdjacentHTML;
Element.prototype.insertAdjacentHTML = function (position, html) {
  withHeldStyles(html, (value) => insertAdjacentHTML.call(this, position, value), () => this.parentElement ?? this);
};

const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (name === 'style' && this.style) this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
