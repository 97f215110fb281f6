// Uploads: a file by drag and drop, with its progress. Without this script the form sends it plainly.

export function uploads() {
  for (const form of document.querySelectorAll("form[data-upload]")) prepare(form);
}

function prepare(form) {
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  input.addEventListener("input", () => chosen(form, input.files[0]));
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    send(form, input.files[0]);
  });
}

// What the file's name tells is filled in, where nothing is yet.
function chosen(form, file) {
  if (!file) return;
  say(form, `${file.name}, ${inUnits(file.size)}`);
  const name = form.querySelector("[name=name]");
  if (name && !name.value) name.value = file.name.replace(/(\.(img|raw|zip|zst|gz|xz|qcow2))+$/i, "");
  const format = form.querySelector("[name=format]");
  const formats = { zip: "zip", img: "raw", raw: "raw", zst: "zstd", gz: "gzip", xz: "xz", qcow2: "qcow2" };
  const known = formats[file.name.split(".").pop().toLowerCase()];
  if (format && known) format.value = known;
}

function send(form, file) {
  const request = new XMLHttpRequest();
  const bar = form.querySelector("progress");
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  bar.hidden = false;
  request.upload.onprogress = (event) => {
    bar.max = event.total;
    bar.value = event.loaded;
    say(form, `${inUnits(event.loaded)} of ${inUnits(event.total)} sent`);
  };
  const again = (text) => {
    bar.hidden = true;
    for (const button of buttons) button.disabled = false;
    say(form, text, true);
  };
  request.onerror = () => again("The connection was lost. Send it again.");
  request.onload = () => {
    const reply = parsed(request.responseText);
    if (request.status < 300 && reply?.page) location.assign(reply.page);
    else again([reply?.message ?? "It was refused.", reply?.details, ...(reply?.recommendedActions ?? [])].filter(Boolean).join(" "));
  };
  // What is said of the file stands in the query: it is known before the file arrives.
  const fields = new URLSearchParams();
  for (const field of form.elements) {
    if (!field.name || field.type === "file" || (field.type === "checkbox" && !field.checked) || !field.value) continue;
    fields.append(field.name, field.value);
  }
  const body = new FormData();
  body.append("file", file, file.name);
  request.open("POST", `${form.action.split("?")[0]}?${fields}`);
  request.setRequestHeader("accept", "application/json");
  request.send(body);
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

function say(form, text, isFault = false) {
  const place = form.querySelector("[data-said]");
  place.textContent = text;
  place.className = isFault ? "fault" : "hint";
}

function inUnits(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (bytes >= 1024 && at < units.length - 1) { bytes /= 1024; at += 1; }
  return `${at ? bytes.toFixed(1) : bytes} ${units[at]}`;
}
