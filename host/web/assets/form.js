// Forms: what is wrong is told while it is typed. The server checks everything again.

export function watchForms() {
  for (const form of document.querySelectorAll("form")) watch(form);
  for (const select of document.querySelectorAll("select[data-go]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  shows();
}

function watch(form) {
  form.noValidate = true;
  for (const field of form.querySelectorAll("input, select, textarea")) {
    field.addEventListener("input", () => tell(field));
    field.addEventListener("blur", () => { if (field.value) tell(field); });
  }
  form.addEventListener("submit", (event) => {
    // A button that only changes the form takes it as it is.
    if (event.submitter?.formNoValidate) return;
    const fields = [...form.querySelectorAll("input, select, textarea")].filter((field) => !field.disabled);
    const wrong = fields.filter((field) => !tell(field));
    if (wrong.length) {
      event.preventDefault();
      wrong[0].focus();
      return;
    }
    if ("once" in form.dataset) {
      const pressed = event.submitter;
      // After the browser has taken the form: a disabled button is no part of it.
      setTimeout(() => { if (pressed) pressed.disabled = true; });
      addEventListener("pageshow", () => { if (pressed) pressed.disabled = false; });
    }
  });
}

// Says what is wrong with a field below it; whether nothing is.
function tell(field) {
  const place = document.getElementById(`${field.id}-fault`);
  const fault = faultOf(field);
  if (place) place.textContent = fault;
  if (fault) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  return !fault;
}

function faultOf(field) {
  const { value } = field;
  if (field.required && !value) return "This is needed.";
  if (!value) return "";
  const same = field.dataset.sameAs;
  if (same && value !== document.getElementById(same).value) return "This is not the same.";
  if (field.minLength > 0 && value.length < field.minLength) return `At least ${field.minLength} characters are needed; these are ${value.length}.`;
  const check = CHECKS[field.dataset.check];
  const own = check ? check(value, field.dataset) : "";
  if (own) return own;
  return field.validity.valid ? "" : field.validationMessage;
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const isIpv4 = (text) => /^(\d{1,3})(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) < 256 && String(Number(part)) === part);

const CHECKS = {
  number(value, { min, max }) {
    if (!/^[+-]?\d+$/.test(value.trim())) return "A whole number is needed.";
    const number = BigInt(value.trim());
    if (min && number < BigInt(min)) return `At least ${min} is needed.`;
    if (max && number > BigInt(max)) return `At most ${max} is allowed.`;
    return "";
  },
  string(value, { min, max }) {
    const length = [...value].length;
    if (min && length < Number(min)) return `At least ${min} characters are needed; these are ${length}.`;
    if (max && length > Number(max)) return `At most ${max} characters are allowed; these are ${length}.`;
    return "";
  },
  hostname(value) {
    return LABEL.test(value) ? "" : "A host name has 1 to 63 letters, digits and inner hyphens.";
  },
  fqdn(value) {
    const labels = value.replace(/\.$/, "").split(".");
    return labels.length > 1 && value.length < 254 && labels.every((label) => LABEL.test(label))
      ? "" : "A full name is needed: host.example.org";
  },
  ipv4(value) {
    return isIpv4(value) ? "" : "An IPv4 address is needed: 192.0.2.10";
  },
  netmask(value) {
    if (!isIpv4(value)) return "A netmask is needed: 255.255.255.0";
    const bits = value.split(".").map((part) => Number(part).toString(2).padStart(8, "0")).join("");
    return /^1*0*$/.test(bits) ? "" : "A netmask has its ones first: 255.255.255.0";
  },
  ipv6(value) {
    try {
      return new URL(`http://[${value.split("/")[0]}]/`) ? "" : "";
    } catch {
      return "An IPv6 address is needed: 2001:db8::10";
    }
  },
};

// Elements that are for one choice of a field only: data-shows="FIELD=VALUE VALUE".
function shows() {
  for (const part of document.querySelectorAll("[data-shows]")) {
    const [id, values] = part.dataset.shows.split("=");
    const field = document.getElementById(id);
    if (!field) continue;
    const set = () => {
      part.hidden = !values.split(" ").includes(field.value);
      for (const inner of part.querySelectorAll("input, select")) inner.disabled = part.hidden;
    };
    field.addEventListener("change", set);
    set();
  }
}

// A button with data-into shows the page that it leads to within this one.
export function watchInto() {
  for (const button of document.querySelectorAll("button[data-into]")) {
    button.form.addEventListener("submit", (event) => {
      if (event.submitter !== button || event.defaultPrevented) return;
      event.preventDefault();
      show(button);
    });
  }
}

async function show(button) {
  const place = document.getElementById(button.dataset.into);
  button.disabled = true;
  place.setAttribute("aria-busy", "true");
  const body = new URLSearchParams(new FormData(button.form));
  const reply = await fetch(button.formAction, { method: "POST", body }).catch(() => null);
  const page = new DOMParser().parseFromString(reply ? await reply.text() : "", "text/html");
  const shown = page.querySelector("[data-preview]") ?? page.querySelector("[data-refused]");
  place.replaceChildren(shown ?? "The connection was lost. Try it again.");
  place.removeAttribute("aria-busy");
  button.disabled = false;
  place.scrollIntoView({ block: "start", behavior: "smooth" });
}
