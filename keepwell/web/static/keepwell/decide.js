// The budget's slider and its exact figure say the same, and a scenario is saved as the split stands now.
(() => {
  "use strict";
  document.addEventListener("input", (event) => {
    const changed = event.target;
    const other = changed.dataset.mirror
      ? document.getElementById(changed.dataset.mirror)
      : document.querySelector(`[data-mirror="${changed.id}"]`);
    if (other) other.value = changed.value;
  }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-takes-split]");
    const asked = document.querySelector("form[data-mirrored]");
    if (!form || !asked) return;
    for (const name of ["budget", "hurdle", "caution"]) form.elements[name].value = asked.elements[name].value;
  }, true);
})();
