// The list of letters renews itself while somebody looks at it. Without scripts there is a button for that.
"use strict";
(() => {
  const list = document.getElementById("letters");
  if (!list || !list.dataset.count) return;
  let count = list.dataset.count;
  const renew = async () => {
    // Nothing moves under whoever is at it with the keyboard.
    if (document.hidden || list.contains(document.activeElement)) return;
    try {
      const now = await (await fetch("/letters.json?limit=0", { cache: "no-store" })).json();
      if (String(now.count) === count) return;
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("letters");
      if (!fresh || list.contains(document.activeElement)) return;
      count = fresh.dataset.count;
      list.replaceChildren(...fresh.childNodes);
    } catch { /* The demo has ended; the page stays as it is. */ }
  };
  setInterval(renew, 2000);
})();
