// What the host's page does not do for a pack by itself: colours of our sockets and wires, files in
// and out, and the picture of Expression Editor that follows its sliders.

import { app } from "../../scripts/app.js";
import { addPlace, addUpload } from "./files.js";
import { addLivePreview, goOnAsBefore } from "./live.js";

const COLOURS = {
  HYPERREENACT_MODELS: "#c792ea",
  HYPERREENACT_FACES: "#f2a65a",
  HYPERREENACT_LATENT: "#ff6f91",
  HYPERREENACT_POSES: "#7fd1ae",
  HYPERREENACT_DELTAS: "#ffd166",
  HYPERREENACT_CAST: "#6fb7ff",
  HYPERREENACT_FRAMING: "#b8c98a",
};
const LOADERS = ["HyperReenact_LoadIdentity", "HyperReenact_LoadPoseTrack"];
const SAVERS = ["HyperReenact_SaveIdentity", "HyperReenact_SavePoseTrack"];
const EDITOR = "HyperReenact_ExpressionEditor";

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

let first = true;

app.registerExtension({
  name: "HyperReenact",
  setup() {
    colourSockets();
    app.ui.settings.addEventListener("Comfy.ColorPalette.change", () => setTimeout(colourSockets));
  },
  afterConfigureGraph() {
    colourSockets();
    if (first) goOnAsBefore(app.rootGraph ?? app.graph);
    first = false;
  },
  nodeCreated(node) {
    if (LOADERS.includes(node.comfyClass)) addUpload(node);
    if (SAVERS.includes(node.comfyClass)) addPlace(node);
    if (node.comfyClass === EDITOR) addLivePreview(node);
  },
});
