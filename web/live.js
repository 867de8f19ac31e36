// The picture of Expression Editor that follows its sliders without a run of the graph.

import { api } from "../../scripts/api.js";
import { said } from "./words.js";

const NO_SLIDERS = ["preset_amount", "face_number"];
const REST = 250; // ms without a move, after which the draft gives way to the whole quality
const OTHER_SIDE = { left: "right", right: "left" };

// Where this tab keeps which face a node shows, so that a page loaded anew goes on with it.
function memory(node) {
  return `hyperreenact.editor.${node.graph?.id}.${node.id}`;
}

// What the server is asked: see nodes/live.py.
function request(node, key, moving) {
  const widgets = node.widgets.filter((widget) => widget.name !== "preview");
  const values = Object.fromEntries(widgets.map(({ name, value }) => [name, value]));
  const sliders = widgets.filter(
    ({ name, value }) => typeof value === "number" && !NO_SLIDERS.includes(name),
  );
  return {
    editor: key,
    moving,
    preset: values.preset,
    preset_amount: values.preset_amount,
    link: values.link,
    sliders: Object.fromEntries(sliders.map(({ name, value }) => [name, value])),
  };
}

// The server draws one picture at a time: the next request waits for the last answer and takes the
// values as they are then.
export function addLivePreview(node) {
  const picture = document.createElement("img");
  const line = document.createElement("div");
  const box = document.createElement("div");
  box.append(picture, line);
  box.style.cssText = "display:flex;flex-direction:column;align-items:center;overflow:hidden";
  picture.style.cssText = "display:none;flex:1;min-height:0;max-width:100%;object-fit:contain";
  line.style.cssText = "font:12px sans-serif;opacity:0.7;padding:4px;text-align:center";
  line.textContent = said("run once");
  node.addDOMWidget("preview", "hyperreenact_preview", box, {
    serialize: false,
    hideOnZoom: false,
    getMinHeight: () => 320,
  });

  let key, planned, running, again, rest;
  async function show(moving) {
    if (!key) return;
    if (running) {
      again ||= moving;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        clearTimeout(rest);
        const answer = await api.fetchApi("/hyperreenact/edit", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(request(node, key, moving)),
        });
        if (answer.status === 200) {
          const last = picture.src;
          // Not awaited: while the page draws this picture, the server draws the next.
          picture.src = URL.createObjectURL(await answer.blob());
          picture.style.display = "";
          line.textContent = "";
          if (last) URL.revokeObjectURL(last);
        } else if (answer.status !== 204) {
          line.textContent = answer.status === 404 ? said("run once") : await answer.text();
        }
        if (again) moving = true;
        else if (moving && answer.ok) rest = setTimeout(show, REST, false);
      } while (again);
    } catch (error) {
      line.textContent = String(error);
    } finally {
      running = false;
    }
  }
  function soon() {
    if (planned) return; // values that come in one go are one request
    planned = true;
    queueMicrotask(() => {
      planned = false;
      show(true);
    });
  }
  for (const widget of node.widgets) {
    const before = widget.callback;
    widget.callback = function (value) {
      const result = before?.apply(this, arguments);
      const [, stem, side] = widget.name.match(/^(.+)_(left|right)$/) ?? [];
      const other = side && node.widgets.find(({ name }) => name === `${stem}_${OTHER_SIDE[side]}`);
      const linked = node.widgets.find(({ name }) => name === "link")?.value;
      if (linked && other && other.value !== value) other.value = value;
      soon();
      return result;
    };
  }
  const executed = node.onExecuted;
  node.onExecuted = function (result) {
    executed?.apply(this, arguments);
    if (!result?.editor) return;
    [key] = result.editor;
    sessionStorage.setItem(memory(node), key);
    soon();
  };
  node.goOnAsBefore = () => {
    key ??= sessionStorage.getItem(memory(node));
    soon();
  };
}

// Called once, for the graph that a page shows when it is loaded: others are new to their nodes.
export function goOnAsBefore(graph) {
  for (const node of graph?.nodes ?? graph?._nodes ?? []) {
    node.goOnAsBefore?.();
    if (node.subgraph) goOnAsBefore(node.subgraph);
  }
}
