// A button that takes a file into the input folder, and the place where a saved file went.

import { api } from "../../scripts/api.js";
import { said } from "./words.js";

const SUFFIXES = {
  HyperReenact_LoadIdentity: [".safetensors"],
  HyperReenact_LoadPoseTrack: [".safetensors", ".csv"],
};

export function addUpload(node) {
  const choice = node.widgets?.find((widget) => widget.name === "file");
  if (!choice) return;
  const suffixes = SUFFIXES[node.comfyClass];
  const picker = Object.assign(document.createElement("input"), {
    type: "file",
    accept: suffixes.join(","),
  });
  async function take(file) {
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
  }
  picker.onchange = async () => {
    const [file] = picker.files;
    picker.value = "";
    if (file) await take(file);
  };
  const button = node.addWidget("button", "choose file to upload", null, () => picker.click());
  button.label = said("upload");
  button.serialize = false;
  const fits = ({ name }) => suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));
  node.onDragOver = (event) => [...(event.dataTransfer?.items ?? [])].some(({ kind }) => kind === "file");
  node.onDragDrop = async (event) => {
    const file = [...(event.dataTransfer?.files ?? [])].find(fits);
    if (file) await take(file);
    return Boolean(file);
  };
}

// The page draws no value of a disabled widget: this one is put back where somebody writes into it.
export function addPlace(node) {
  let shown = "";
  const place = node.addWidget("text", "saved to", "", () => {
    place.value = shown;
  });
  place.label = said("saved to");
  place.serialize = false;
  const before = node.onExecuted;
  node.onExecuted = function (result) {
    before?.apply(this, arguments);
    const path = result?.text?.join("");
    if (!path) return;
    shown = path.split(/[\\/]/).slice(-2).join("/");
    place.value = shown;
    place.tooltip = path;
    node.setDirtyCanvas(true, true);
  };
}
