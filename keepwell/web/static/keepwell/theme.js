// Before the first paint: the theme that was chosen, else the system's.
(() => {
  const chosen = localStorage.getItem("keepwell-theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-bs-theme", chosen || (dark ? "dark" : "light"));
})();
