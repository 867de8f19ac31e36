// What the pack's own parts of the page say, in the language that the page is set to.

import { app } from "../../scripts/app.js";

const WORDS = {
  "run once": {
    en: "Run once to start the live preview.",
    zh: "运行一次后即可实时预览。",
  },
  upload: { en: "choose file to upload", zh: "选择文件上传" },
  "saved to": { en: "saved to", zh: "已保存到" },
};

export function said(name) {
  const locale = app.ui.settings.getSettingValue?.("Comfy.Locale") ?? "en";
  return WORDS[name][locale.slice(0, 2)] ?? WORDS[name].en;
}
