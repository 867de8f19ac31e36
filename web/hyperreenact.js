// What the host's page does not do for a pack by itself: colours of our sockets and wires, a button
// that takes a file into the input folder, and the place where a saved file went.

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
  },
});
