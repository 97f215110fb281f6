// Live regions: an element with data-live is fetched anew when one of the kinds that it names changes.

const PAUSE = 250; // milliseconds: many changes at once are one look
const PATIENCE = 3000; // milliseconds until a service that refused to tell is asked again

export function liven() {
  const regions = [...document.querySelectorAll("[data-live]")];
  if (!regions.length) return;
  const kinds = new Set(regions.flatMap((region) => region.dataset.live.split(" ")));
  let waiting = false;
  const look = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(async () => { waiting = false; await refresh(); }, PAUSE);
  };
  let source;
  const listen = () => {
    source = new EventSource("/ui/events");
    // What changed since the page was made, before anybody listened, is told by no event.
    source.onopen = () => { told(false); look(); };
    // A browser whose connection is lost connects again by itself, but not after a refusal.
    source.onerror = () => {
      told(true);
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, PATIENCE);
    };
    source.onmessage = (event) => {
      const category = JSON.parse(event.data).category;
      if (kinds.has(category) || kinds.has("all")) look();
    };
    source.addEventListener("missed", look);
  };
  listen();
  addEventListener("pagehide", () => source.close());
}

async function refresh() {
  const reply = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!reply || reply.status >= 500) return;
  if (reply.redirected) { location.reload(); return; }
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = page.getElementById(old.id);
    if (!now) { location.reload(); return; }
    if (now.innerHTML !== old.dataset.seen) exchange(old, now);
  }
}

// The focus and what is opened stay where they are.
function exchange(old, now) {
  const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...old.querySelectorAll("details[id][open]")].map((one) => one.id);
  const seen = now.innerHTML;
  old.replaceChildren(...now.childNodes);
  old.dataset.seen = seen;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focus) document.getElementById(focus)?.focus();
}

function told(isLost) {
  document.querySelector(".lost")?.remove();
  if (!isLost) return;
  const note = document.createElement("p");
  note.className = "notice attention lost";
  note.setAttribute("role", "status");
  note.textContent = "The connection is lost. This page may be old; it comes back by itself.";
  document.body.append(note);
}
