// A stand-in for the host's page, enough for the pack's scripts; see test_page_scripts.py.

const kept = {};
const element = () => ({ style: {}, append() {} });
globalThis.document = { createElement: element, documentElement: { style: { setProperty() {} } } };
globalThis.sessionStorage = {
  getItem: (name) => kept[name] ?? null,
  setItem: (name, value) => (kept[name] = value),
};
URL.createObjectURL = (blob) => `${blob.size} bytes`;
URL.revokeObjectURL = () => {};

export const asked = []; // of the server, and told to it
export const app = {
  locale: "en",
  answer: () => new Response("JPEG"),
  registerExtension: (extension) => (app.extension = extension),
  ui: { settings: { getSettingValue: () => app.locale, addEventListener() {} } },
};
export const api = {
  async fetchApi(path, { body }) {
    asked.push(typeof body === "string" ? JSON.parse(body) : body.get("image").name);
    await settled(1);
    return app.answer(path);
  },
};
export const settled = (time = 20) => new Promise((done) => setTimeout(done, time));

export class Node {
  constructor(comfyClass, values) {
    Object.assign(this, { comfyClass, id: 7, graph: { id: "graph" }, widgets: [] });
    for (const [name, value] of Object.entries(values)) this.addWidget("", name, value);
    app.extension.nodeCreated(this);
  }
  addWidget(type, name, value, callback) {
    this.widgets.push({ type, name, value, callback, options: { values: [] } });
    return this.widgets.at(-1);
  }
  addDOMWidget(name, type, box) {
    this.widgets.push({ type, name, element: box });
  }
  setDirtyCanvas() {}
  // As the page does where somebody moves a slider.
  set(name, value) {
    this.widget(name).value = value;
    this.widget(name).callback(value);
  }
  widget(name) {
    return this.widgets.find((widget) => widget.name === name);
  }
}
