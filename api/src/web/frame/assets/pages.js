// What scripts add to pages that work without them: drafts, keys, passwords to look at, files to drop, and buttons that are
// pressed once.
"use strict";
(() => {
  const said = document.getElementById("draft-words").dataset;
  // Whoever uses this browser next has drafts of their own.
  const mine = "draft:" + (said.of || "") + ":", kept = (name) => mine + name;
  const storage = (work) => { try { return work(localStorage); } catch { return null; } };

  // Drafts: what is typed into a form with data-draft stays in this browser until it is sent or thrown away.
  const typed = (form) => JSON.stringify([...new FormData(form)].filter(([name, value]) =>
    typeof value === "string" && !["idempotencyKey", "expectedVersion", "page-of"].includes(name) && !/password|^preview\./i.test(name)));
  const fill = (form, pairs) => {
    const values = new Map();
    for (const [name, value] of pairs) values.set(name, [...(values.get(name) || []), value]);
    for (const field of form.elements) {
      if (!field.name || field.name.startsWith("preview.") || ["hidden", "password", "file", "submit", "button"].includes(field.type)) continue;
      const all = values.get(field.name);
      if (field.type === "checkbox" || field.type === "radio") field.checked = Boolean(all && all.includes(field.value));
      else if (all) field.value = all.shift();
    }
  };
  // A page that says that something was saved has no use for its draft any more.
  for (const gone of document.querySelectorAll("[data-draft-done]")) storage((all) => all.removeItem(kept(gone.dataset.draftDone)));
  for (const form of document.querySelectorAll("form[data-draft]")) {
    // What the service has added to what was typed, or not saved yet, is newer than the draft.
    const name = kept(form.dataset.draft), first = typed(form), fresh = form.hasAttribute("data-draft-fresh");
    const draft = storage((all) => all.getItem(name));
    if (draft && draft !== first && !fresh && !form.querySelector("[aria-invalid]")) {
      try { fill(form, JSON.parse(draft)); } catch { storage((all) => all.removeItem(name)); }
      const note = document.createElement("p"), away = document.createElement("button");
      note.className = "hint"; note.setAttribute("role", "status");
      note.append(said.restored + " ");
      away.type = "button"; away.className = "link"; away.textContent = said.discard;
      away.addEventListener("click", () => { storage((all) => all.removeItem(name)); fill(form, JSON.parse(first)); note.remove(); form.dispatchEvent(new Event("input", { bubbles: true })); storage((all) => all.removeItem(name)); });
      note.append(away); form.prepend(note);
    }
    let timer;
    const keep = () => form.dataset.left ? null : storage((all) => typed(form) === first && !fresh ? all.removeItem(name) : all.setItem(name, typed(form)));
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 300); });
    window.addEventListener("pagehide", () => { if (!form.dataset.sent) keep(); });
    form.addEventListener("submit", (event) => {
      if (event.submitter && event.submitter.hasAttribute("data-keeps-draft")) return;
      form.dataset.sent = "yes"; clearTimeout(timer); keep();
    });
  }
  for (const form of document.querySelectorAll('form[action="/log-out"]')) {
    form.addEventListener("submit", () => {
      document.querySelectorAll("form[data-draft]").forEach((one) => { one.dataset.left = "yes"; });
      storage((all) => Object.keys(all).filter((key) => key.startsWith(mine)).forEach((key) => all.removeItem(key)));
    });
  }

  // A button that was pressed is not pressed again while its page is on its way.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || event.submitter?.formTarget) return;
    if (form.dataset.busy) { event.preventDefault(); return; }
    form.dataset.busy = "yes";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
    setTimeout(() => { delete form.dataset.busy; if (event.submitter) event.submitter.removeAttribute("aria-busy"); }, 8000);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) { delete form.dataset.busy; delete form.dataset.sent; delete form.dataset.left; form.querySelectorAll("[aria-busy]").forEach((one) => one.removeAttribute("aria-busy")); }
  });

  // Passwords can be shown.
  for (const field of document.querySelectorAll('input[type="password"]')) {
    const row = document.createElement("div"), show = document.createElement("button");
    row.className = "password"; show.type = "button"; show.className = "quiet";
    const tell = () => { show.textContent = field.type === "password" ? said.show : said.hide; };
    show.addEventListener("click", () => { field.type = field.type === "password" ? "text" : "password"; tell(); });
    field.replaceWith(row); row.append(field, show); tell();
  }

  // Files can be dropped.
  for (const place of document.querySelectorAll(".drop")) {
    const field = place.querySelector('input[type="file"]'), hint = document.createElement("p");
    if (!field) continue;
    hint.className = "help"; hint.textContent = said.drop; field.after(hint);
    place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => { event.preventDefault(); place.classList.remove("over"); if (event.dataTransfer.files.length) field.files = event.dataTransfer.files; });
  }

  // Texts that can be put into a field, such as merge fields.
  document.addEventListener("click", (event) => {
    const piece = event.target.closest("[data-insert]");
    if (!piece) return;
    const all = [document.querySelector("[data-last-focus]"), document.getElementById(piece.dataset.into), ...document.querySelectorAll("textarea[data-takes-fields]")];
    const field = all.find((one) => one && one.offsetParent);
    if (!field) return;
    const [from, to] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
    field.setRangeText(piece.dataset.insert, from, to, "end");
    field.focus(); field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("focusin", (event) => {
    if (!event.target.matches("[data-takes-fields]")) return;
    document.querySelectorAll("[data-last-focus]").forEach((one) => one.removeAttribute("data-last-focus"));
    event.target.setAttribute("data-last-focus", "");
  });

  // What is typed is looked at while it is typed: the button that shows it is pressed. A new frame each time, as one that has
  // shown something would put each look into the history.
  for (const form of document.querySelectorAll("form[data-live]")) {
    const button = document.getElementById(form.dataset.live);
    let timer, count = 0;
    const look = () => {
      clearTimeout(timer);
      const frames = [...document.querySelectorAll("iframe.look")], frame = frames[0].cloneNode();
      const blank = () => { try { return frame.contentWindow.location.href === "about:blank"; } catch { return false; } };
      frame.removeAttribute("src"); frame.hidden = true;
      frame.name = button.formTarget = `look-${count += 1}`;
      frames.at(-1).after(frame);
      frame.addEventListener("load", () => {
        if (blank()) return;
        frame.hidden = false; frame.classList.add("asked");
        for (const one of frames) one.remove();
      });
      form.requestSubmit(button);
    };
    button.addEventListener("click", (event) => { if (event.isTrusted) { event.preventDefault(); look(); } });
    const later = (event) => { clearTimeout(timer); timer = setTimeout(look, event.type === "change" ? 0 : 700); };
    form.addEventListener("input", later);
    for (const field of form.elements) {
      if (!field.name || !field.name.startsWith("preview.")) continue;
      field.addEventListener(field.type === "radio" ? "change" : "input", later);
      field.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); look(); } });
    }
  }

  // All boxes of a table at once.
  for (const all of document.querySelectorAll("input[data-ticks]")) {
    const boxes = () => document.querySelectorAll(`input[type="checkbox"][name="${all.dataset.ticks}"]`);
    all.hidden = false;
    all.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
  }

  // Pages can be printed.
  for (const button of document.querySelectorAll("[data-print]")) { button.hidden = false; button.addEventListener("click", () => window.print()); }

  // What is to be entered elsewhere can be copied, where browsers let pages do that.
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    const word = button.firstChild, first = word.data;
    button.hidden = false;
    button.addEventListener("click", () => navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent).then(() => {
      word.data = button.dataset.copied;
      setTimeout(() => { word.data = first; }, 2000);
    }).catch(() => {}));
  }

  // The zone of whoever registers, if the form does not know better.
  for (const field of document.querySelectorAll("[data-own-zone]")) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone && (!field.value || field.value === "UTC") && [...field.options || []].some((one) => one.value === zone)) field.value = zone;
  }

  // Enter in a field that has a button of its own presses that one, and not the form's.
  document.addEventListener("keydown", (event) => {
    const button = event.key === "Enter" && event.target.dataset && document.getElementById(event.target.dataset.enter);
    if (button) { event.preventDefault(); button.click(); }
  });

  // Where the navigation or a row of tabs is wider than the window, the place where one is stands in it.
  const here = () => {
    for (const row of document.querySelectorAll(".top nav, .tabs")) {
      const place = row.querySelector("[aria-current]");
      if (place) row.scrollLeft += place.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - place.offsetWidth) / 2;
    }
  };
  here(); window.addEventListener("resize", here);

  // Keys.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (event.key === "/") { const search = document.querySelector('input[type="search"]'); if (search) { event.preventDefault(); search.focus(); } }
    if (event.key === "?") { event.preventDefault(); document.getElementById("keys").showModal(); }
  });

  const mistakes = document.getElementById("mistakes");
  if (mistakes) mistakes.focus();
})();
