// What the host's page does not do for a pack by itself: colours of our sockets and wires, a button
// that takes a file into the input folder, the place where a saved file went, and the picture of
// Expression Editor that follows its sliders.

import { app } from "../../scripts/app.js";
import { api } from "../../scripts/api.js";

const COLOURS = {
  HYPERREENACT_MODELS: "#c792ea",
  HYPERREENACT_FACES: "#f2a65a",
  HYPERREENACT_LATENT: "#ff6f91",
  HYPERREENACT_POSES: "#7fd1ae",
  HYPERREENACT_DELTAS: "#ffd166",
};
const LOADERS = ["HyperReenact_LoadIdentity", "HyperReenact_LoadPoseTrack"];
const SAVERS = ["HyperReenact_SaveIdentity", "HyperReenact_SavePoseTrack"];
const SUFFIXES = {
  HyperReenact_LoadIdentity: ".safetensors",
  HyperReenact_LoadPoseTrack: ".safetensors,.csv",
};
const EDITOR = "HyperReenact_ExpressionEditor";
const NO_SLIDERS = ["preset_amount", "face_number"];
const OTHER_SIDE = { left: "right", right: "left" };
const SETTLE_MS = 15; // values that come in one go are one request
const HINTS = {
  en: "Run once to start the live preview.",
  zh: "运行一次后即可实时预览。",
};

// A colour palette of the page knows its own types only and wipes ours: they are put in again.
function colourSockets() {
  const canvas = app.canvas;
  Object.assign(canvas?.default_connection_color_byType ?? {}, COLOURS);
  Object.assign(canvas?.constructor?.link_type_colors ?? {}, COLOURS);
  for (const [type, colour] of Object.entries(COLOURS)) {
    document.documentElement.style.setProperty(`--color-datatype-${type}`, colour);
  }
  canvas?.setDirty?.(true, true);
}

function addUpload(node) {
  const choice = node.widgets?.find((widget) => widget.name === "file");
  if (!choice) return;
  const accept = SUFFIXES[node.comfyClass];
  const picker = Object.assign(document.createElement("input"), { type: "file", accept });
  picker.onchange = async () => {
    const [file] = picker.files;
    picker.value = "";
    if (!file) return;
    const body = new FormData();
    body.append("image", file); // the host's name for any file that goes into the input folder
    body.append("type", "input");
    const answer = await api.fetchApi("/upload/image", { method: "POST", body });
    if (answer.status !== 200) {
      alert(`${file.name}: ${answer.status} ${answer.statusText}`);
      return;
    }
    const { name } = await answer.json();
    const names = choice.options.values;
    if (!names.includes(name)) choice.options.values = [name, ...names];
    choice.value = name;
    choice.callback?.(name);
    node.setDirtyCanvas(true, true);
  };
  const button = node.addWidget("button", "choose file to upload", null, () => picker.click());
  button.serialize = false;
}

function addPlace(node) {
  const place = node.addWidget("text", "saved to", "", () => {});
  place.serialize = false;
  place.disabled = true;
  const before = node.onExecuted;
  node.onExecuted = function (result) {
    before?.apply(this, arguments);
    if (result?.text) place.value = result.text.join("");
    node.setDirtyCanvas(true, true);
  };
}

// The server draws one picture at a time: the next request waits for the last answer and takes the
// values as they are then.
function addLivePreview(node) {
  const picture = document.createElement("img");
  const line = document.createElement("div");
  const box = document.createElement("div");
  box.append(picture, line);
  box.style.cssText = "display:flex;flex-direction:column;align-items:center;overflow:hidden";
  picture.style.cssText = "display:none;flex:1;min-height:0;max-width:100%;object-fit:contain";
  line.style.cssText = "font:12px sans-serif;opacity:0.7;padding:4px;text-align:center";
  const locale = app.ui.settings.getSettingValue?.("Comfy.Locale") ?? "en";
  line.textContent = HINTS[locale.slice(0, 2)] ?? HINTS.en;
  node.addDOMWidget("preview", "hyperreenact_preview", box, {
    serialize: false,
    hideOnZoom: false,
    getMinHeight: () => 320,
  });

  let key, timer, running, again;
  function asked() {
    const widgets = node.widgets.filter((widget) => widget.name !== "preview");
    const values = Object.fromEntries(widgets.map(({ name, value }) => [name, value]));
    const sliders = widgets.filter(
      ({ name, value }) => typeof value === "number" && !NO_SLIDERS.includes(name),
    );
    return {
      editor: key,
      preset: values.preset,
      preset_amount: values.preset_amount,
      link: values.link,
      sliders: Object.fromEntries(sliders.map(({ name, value }) => [name, value])),
    };
  }
  async function show() {
    if (!key) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        const answer = await api.fetchApi("/hyperreenact/edit", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(asked()),
        });
        if (answer.status === 200) {
          const last = picture.src;
          picture.src = URL.createObjectURL(await answer.blob());
          await picture.decode();
          picture.style.display = "";
          line.textContent = "";
          if (last) URL.revokeObjectURL(last);
          node.setDirtyCanvas(true, true);
        } else if (answer.status !== 204) {
          line.textContent =
            answer.status === 404 ? (HINTS[locale.slice(0, 2)] ?? HINTS.en) : await answer.text();
        }
      } while (again);
    } catch (error) {
      line.textContent = String(error);
    } finally {
      running = false;
    }
  }
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(show, SETTLE_MS);
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
    soon();
  };
}

app.registerExtension({
  name: "HyperReenact",
  setup() {
    colourSockets();
    app.ui.settings.addEventListener("Comfy.ColorPalette.change", () => setTimeout(colourSockets));
  },
  afterConfigureGraph: colourSockets,
  nodeCreated(node) {
    if (LOADERS.includes(node.comfyClass)) addUpload(node);
    if (SAVERS.includes(node.comfyClass)) addPlace(node);
    if (node.comfyClass === EDITOR) addLivePreview(node);
  },
});
