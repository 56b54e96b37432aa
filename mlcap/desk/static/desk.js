// Keys are clicks: every key stands on an element as data-key, and pressing it does what clicking the element does.
// All of it works without this file, except for the keys.

const said = document.getElementById("said");

function isText(element) {
  if (element.matches("textarea, select") || element.isContentEditable) return true;
  return element.matches("input") && !["radio", "checkbox", "button", "submit"].includes(element.type);
}

function say(words) {
  if (said) said.textContent = words;
}

// In a long list what is chosen comes into view.
function show(input) {
  const box = input.closest(".many .choices");
  if (box) box.scrollTop = input.closest(".choice").offsetTop - box.offsetTop;
}

function choose(input) {
  input.checked = input.type === "radio" ? true : !input.checked;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  show(input);
  input.closest(".choice")?.scrollIntoView({ block: "nearest" });
  say(`${input.value} ${input.checked ? "chosen" : "not chosen"}`);
}

function press(element) {
  if (element.matches("input[type=radio], input[type=checkbox]")) {
    choose(element);
  } else if (element.matches("input, textarea")) {
    element.focus();
    element.select();
  } else if (element.matches("details")) {
    element.open = !element.open;
    const field = element.querySelector("[data-autofocus]");
    // The focus stays out of the summary, on which Enter would fold it again instead of confirming.
    if (element.open && field) field.focus();
    else if (element.contains(document.activeElement)) document.activeElement.blur();
    if (element.open) element.scrollIntoView({ block: "nearest" });
    say(`${element.querySelector("summary [data-name]")?.textContent ?? "details"} ${element.open ? "opened" : "closed"}`);
  } else {
    element.click();
  }
}

// What is folded has no keys; what was unfolded to choose in has its own before those of the page.
function elementOf(key) {
  const open = [...document.querySelectorAll("[data-key]")].filter((e) => !e.parentElement.closest("details:not([open])"));
  const found = [...open.filter((e) => e.closest("[data-keys-first]")), ...open];
  const wanted = key.length === 1 ? [key, key.toLowerCase()] : [key];
  return wanted.map((k) => found.find((e) => e.dataset.key === k)).find(Boolean);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (isText(target)) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (event.key === "Enter" && target.matches("a, button, summary")) return;
  const element = elementOf(event.key);
  if (!element) return;
  event.preventDefault();
  // A key that is held down does not run through the queue.
  if (!event.repeat) press(element);
});

// What is in a live region from the start is read to nobody, so it is put there once more.
if (said?.textContent) {
  const words = said.textContent;
  said.textContent = "";
  setTimeout(() => say(words), 150);
}

for (const input of document.querySelectorAll(".many input:checked")) show(input);

// A facet of many values is narrowed by its search field; Enter takes the first value that is left.
for (const field of document.querySelectorAll("[data-narrow]")) {
  const box = field.closest("fieldset");
  const labels = [...box.querySelectorAll(".choice")];
  const nothing = box.querySelector("[data-nothing]");
  const names = labels.map((label) => `${label.querySelector(".name").textContent} · ${label.dataset.words ?? ""}`.toLowerCase());
  const narrow = () => {
    const words = field.value.trim().toLowerCase();
    labels.forEach((label, place) => {
      label.hidden = !names[place].includes(words);
    });
    const none = labels.every((label) => label.hidden);
    if (none && nothing.hidden) say(nothing.textContent);
    nothing.hidden = !none;
  };
  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    const first = labels.find((label) => !label.hidden);
    const found = event.key === "Enter" && field.value.trim() !== "" && first;
    field.value = "";
    narrow();
    const input = found && first.querySelector("input");
    // Where several values may be chosen the next one is searched at once; Enter in the empty field or Escape leaves it.
    if (!found || input.type === "radio") field.blur();
    if (found) choose(input);
  });
}

// A browser may keep no storage, or hold what is not ours in it; then there is no draft.
function ifStored(act) {
  try {
    act();
  } catch {
    return;
  }
}

// A draft that was sent is kept until an answer has come that is no refusal: a page of something else than its form.
const refused = document.querySelector("[role=alert]") !== null;
const here = new Set([...document.querySelectorAll("form[data-draft]")].map((form) => `draft/${form.dataset.draft}`));
ifStored(() => {
  for (const name of Object.keys(sessionStorage).filter((key) => key.startsWith("draft/"))) {
    const kept = JSON.parse(sessionStorage.getItem(name));
    if (!kept.sent) continue;
    if (refused || here.has(name)) sessionStorage.setItem(name, JSON.stringify({ ...kept, sent: false }));
    else sessionStorage.removeItem(name);
  }
});

// What was chosen and written but not sent survives a reload, for as long as the tab is open and the caption stands as it did.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const name = `draft/${form.dataset.draft}`;
  const fields = [...form.elements].filter((e) => e.name && e.type !== "hidden" && e.matches("input, textarea"));
  const state = () => JSON.stringify(fields.map((e) => [e.value, e.checked]));
  const rendered = state();
  ifStored(() => {
    const kept = JSON.parse(sessionStorage.getItem(name));
    if (kept?.rendered !== rendered || kept.now === rendered) return;
    JSON.parse(kept.now).forEach(([value, checked], place) => {
      const field = fields[place];
      if (field.matches("textarea")) {
        field.value = value;
        field.closest("details").open = true;
      } else field.checked = checked;
    });
    say("What was not sent yet is as you left it");
  });
  const keep = () => ifStored(() => sessionStorage.setItem(name, JSON.stringify({ rendered, now: state() })));
  form.addEventListener("change", keep);
  for (const text of fields.filter((e) => e.matches("textarea"))) text.addEventListener("input", keep);
  form.addEventListener("submit", () =>
    ifStored(() => {
      if (state() !== rendered) sessionStorage.setItem(name, JSON.stringify({ rendered, now: state(), sent: true }));
      else sessionStorage.removeItem(name);
    }),
  );
}

// A form that is sent twice by a double click is sent once.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
