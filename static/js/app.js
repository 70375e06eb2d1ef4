// What makes the pages quicker to use. Every page works without it.
"use strict";

(() => {
  const SWITCH = "samlos-shortcuts"; // "off" in this browser's storage: shortcuts can be turned off (WCAG 2.1.4)

  const shortcutsAreOn = () => {
    try {
      return window.localStorage.getItem(SWITCH) !== "off";
    } catch {
      return true; // storage may be closed to us; then the choice cannot be kept
    }
  };

  const keepShortcuts = (on) => {
    try {
      window.localStorage.setItem(SWITCH, on ? "on" : "off");
    } catch {
      // see above
    }
  };

  // --- keys: a link or a button says its own, <a data-shortcut="g d"> ---
  const isWriting = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
  let pressed = "";
  let pressedAt = 0;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      closeMenus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (isWriting(event.target) || !shortcutsAreOn()) return;
    const sequence = event.timeStamp - pressedAt < 1000 && pressed ? `${pressed} ${event.key}` : event.key;
    const target = [...document.querySelectorAll("[data-shortcut]")].find((element) =>
      [sequence, event.key].includes(element.dataset.shortcut),
    );
    pressed = event.key;
    pressedAt = event.timeStamp;
    if (target) {
      event.preventDefault();
      pressed = "";
      target.click();
    }
  });

  // --- the menu in the header: closed by Escape and by a click outside ---
  const menus = () => document.querySelectorAll("details.app-who[open]");

  const closeMenus = () => {
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  };

  document.addEventListener("click", (event) => {
    for (const menu of menus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // --- what is written but not saved: the browser asks before it is lost ---
  // Forms that are searched with or that only press a button have nothing to lose; <form data-autosaved> saves itself.
  const touched = new Set();

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.method === "post" && !("autosaved" in form.dataset) && event.target.type !== "password") {
      touched.add(form);
    }
  });
  document.addEventListener("submit", () => touched.clear());
  document.addEventListener("htmx:afterRequest", (event) => touched.delete(event.target)); // a preview saves nothing
  window.addEventListener("beforeunload", (event) => {
    if ([...touched].some((form) => form.isConnected)) event.preventDefault();
  });

  // --- the page about shortcuts: its switch is shown only where it works ---
  const holder = document.getElementById("shortcuts-switch");
  if (holder) {
    const button = holder.querySelector("button");
    const show = () => {
      button.textContent = shortcutsAreOn() ? button.dataset.off : button.dataset.on;
    };
    button.addEventListener("click", () => {
      keepShortcuts(!shortcutsAreOn());
      show();
    });
    holder.hidden = false;
    show();
  }
})();
