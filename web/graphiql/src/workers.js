// The three background workers of the editor, each a file of its own next to the page.
const workers = __WORKERS__;

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    return new Worker(workers[label] ?? workers.editor, { name: label });
  },
};
