// Light, dark, or as the system has it: kept for the next page where the browser allows it.
"use strict";

(() => {
  const KEY = "shoal-theme";
  const THEMES = ["system", "light", "dark"];
  const ROOT = document.documentElement;
  let theme = "system";

  function stored() {
    try {
      return window.localStorage.getItem(KEY);
    } catch {
      return null; // pages from disk may have no storage
    }
  }

  function keep() {
    try {
      window.localStorage.setItem(KEY, theme);
    } catch {
      // it then holds for this page alone
    }
  }

  function apply() {
    ROOT.style.colorScheme = theme === "system" ? "" : theme;
    const button = document.getElementById("theme");
    if (button) {
      button.textContent = `Theme: ${theme}`;
    }
    document.dispatchEvent(new Event("themechange"));
  }

  theme = THEMES.includes(stored()) ? stored() : theme;
  apply();
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      keep();
      apply();
    });
    apply();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  window.shoalTheme = { apply };
})();
