// The editor of plan scripts: line numbers, colours, and what the server says of the text while it is
// typed. It is a text field of the page's form, so it is read, copied and sent as any other.

const PAUSE = 400; // milliseconds without a key before the server is asked

export function editors() {
  for (const field of document.querySelectorAll("textarea[data-editor]")) new Editor(field);
}

class Editor {
  constructor(field) {
    this.field = field;
    this.box = field.closest(".editor");
    this.margin = this.box.querySelector(".margin");
    this.colours = this.box.querySelector(".colours");
    this.faults = document.getElementById(field.dataset.editor);
    this.language = field.form.querySelector("[name=language]");
    this.found = [];
    this.box.classList.add("coloured");
    field.addEventListener("input", () => this.paint());
    field.form.addEventListener("input", () => this.later()); // language and templates count, too
    field.addEventListener("scroll", () => this.follow());
    field.addEventListener("keydown", (event) => this.key(event));
    this.faults?.addEventListener("click", (event) => this.lead(event));
    this.paint();
    this.check();
  }

  // Enter keeps the indentation. Tab stays what leads on to the next field.
  key(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    const { selectionStart: at, value } = this.field;
    const line = value.slice(value.lastIndexOf("\n", at - 1) + 1, at);
    const indent = line.match(/^[ \t]*/)[0] + (/[{[(]\s*$/.test(line) ? "    " : "");
    if (!indent) return;
    event.preventDefault();
    this.field.setRangeText(`\n${indent}`, at, this.field.selectionEnd, "end");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), PAUSE);
  }

  async check() {
    if (!this.faults) return;
    const asked = this.field.value;
    const body = new URLSearchParams(new FormData(this.field.form));
    const reply = await fetch("/ui/plan-scripts/check", { method: "POST", body }).catch(() => null);
    if (!reply?.ok || this.field.value !== asked) return;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    this.faults.replaceChildren(...page.querySelector("[data-faults]").childNodes);
    this.found = [...this.faults.querySelectorAll("[data-line]")].map(({ dataset }) => ({
      line: Number(dataset.line), column: Number(dataset.column), severity: dataset.severity,
    }));
    this.paint();
  }

  // From a fault to its place.
  lead(event) {
    const item = event.target.closest("[data-line]");
    if (!item) return;
    const lines = this.field.value.split("\n").slice(0, Number(item.dataset.line) - 1);
    const at = lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(item.dataset.column) - 1;
    this.field.focus();
    this.field.setSelectionRange(at, at);
    this.field.scrollTop = Math.max(0, (lines.length - 5) * parseFloat(getComputedStyle(this.field).lineHeight));
  }

  follow() {
    this.colours.scrollTop = this.field.scrollTop;
    this.colours.scrollLeft = this.field.scrollLeft;
    this.margin.scrollTop = this.field.scrollTop;
  }

  paint() {
    const lines = this.field.value.split("\n");
    const worst = new Map();
    for (const { line, severity } of this.found) {
      if (worst.get(line) !== "bad") worst.set(line, severity === "error" ? "bad" : "attention");
    }
    this.margin.replaceChildren(...lines.map((_, at) => {
      const number = document.createElement("span");
      number.textContent = `${at + 1}\n`;
      if (worst.has(at + 1)) number.className = worst.get(at + 1);
      return number;
    }));
    const marks = new Set(this.found.filter((one) => one.severity === "error").map((one) => one.line));
    const isRhai = (this.language?.value ?? "rhai") === "rhai";
    this.colours.replaceChildren(...coloured(isRhai ? tokens(this.field.value) : [["", this.field.value]], marks), "\n");
    this.follow();
  }
}

const WORDS = "let const if else switch do while until loop for in continue break return throw try catch fn private import export as true false this";
const PARTS = [
  ["note", /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ["text", /"(?:\\[\s\S]|[^"\\])*(?:"|$)|`(?:[^`]|``)*(?:`|$)|'(?:\\.|[^'\\\n])+'/y],
  ["number", /\b\d[\d_]*(?:\.\d+)?\b|\b0x[\da-f_]+\b/iy],
  ["word", new RegExp(`\\b(?:${WORDS.replaceAll(" ", "|")})\\b`, "y")],
  ["call", /\b[a-z_]\w*(?=\s*(?:\(|::))/iy],
  ["", /\w+|[^\w"'`/]+|\//y],
];

function* tokens(text) {
  let at = 0;
  next: while (at < text.length) {
    for (const [kind, pattern] of PARTS) {
      pattern.lastIndex = at;
      const [found] = pattern.exec(text) ?? [];
      if (!found) continue;
      yield [kind, found];
      at += found.length;
      continue next;
    }
    yield ["", text[at]];
    at += 1;
  }
}

// The tokens as elements; what stands on a line with an error is marked.
function coloured(all, marks) {
  const made = [];
  let line = 1;
  for (const [kind, text] of all) {
    for (const [at, part] of text.split("\n").entries()) {
      if (at) { made.push("\n"); line += 1; }
      if (!part) continue;
      let node = document.createTextNode(part);
      for (const [name, is] of [["mark", marks.has(line) && part.trim()], ["span", kind]]) {
        if (!is) continue;
        const outer = document.createElement(name);
        if (name === "span") outer.className = kind;
        outer.append(node);
        node = outer;
      }
      made.push(node);
    }
  }
  return made;
}
