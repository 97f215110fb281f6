// What the pages add to themselves: each part finds its own elements, or does nothing.
import { liven } from "./live.js";
import { watchForms, watchInto } from "./form.js";

liven();
watchForms();
watchInto();
if (document.querySelector("form[data-upload]")) {
  import("./upload.js").then((part) => part.uploads());
}
if (document.querySelector("[data-editor]")) {
  import("./editor.js").then((part) => part.editors());
}
