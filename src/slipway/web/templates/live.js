"use strict";
// Bring the page up to date every three seconds, without losing what is open or where one is; see live.html.
(() => {
  const beat = () => document.querySelector(".beat");
  const open = () => [...document.querySelectorAll("details[id][open]")].map((d) => d.id);
  const look = async () => {
    if (document.hidden) return;
    try {
      const reply = await fetch(location.pathname, { headers: { accept: "text/html" }, cache: "no-store" });
      if (!reply.ok) throw new Error(String(reply.status));
      const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
      const kept = open();
      for (const part of ["header.top", "main"]) {
        const [old, now] = [document.querySelector(part), fresh.querySelector(part)];
        if (old && now && old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
      }
      for (const id of kept) document.getElementById(id)?.setAttribute("open", "");
      document.title = fresh.title;
    } catch {
      beat()?.classList.add("lost");
      if (beat()) beat().textContent = "no answer from control; what you see is old";
    }
  };
  setInterval(look, 3000);
  document.addEventListener("visibilitychange", look);
})();
