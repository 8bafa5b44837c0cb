// What every page does: switch the theme, draw charts, say when the server cannot be reached.
(() => {
  "use strict";
  const root = document.documentElement;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch]");
    if (!button) return;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.setAttribute("data-bs-theme", next);
    localStorage.setItem("keepwell-theme", next);
    drawAll(document);
  });

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function theme() {
    const ink = colour("--kw-ink") || "#333", faint = colour("--kw-line") || "#ddd";
    return {
      background: "transparent",
      font: getComputedStyle(document.body).fontFamily,
      view: { stroke: "transparent" },
      axis: { labelColor: ink, titleColor: ink, gridColor: faint, domainColor: faint, tickColor: faint },
      legend: { labelColor: ink, titleColor: ink },
      title: { color: ink },
      header: { labelColor: ink, titleColor: ink },
    };
  }

  // <figure data-chart="id-of-json-block"> holds a Vega-Lite specification in an inert block beside it.
  function draw(place) {
    const block = document.getElementById(place.dataset.chart);
    if (!block || !window.vegaEmbed) return;
    const spec = JSON.parse(block.textContent);
    spec.width = spec.width && typeof spec.width === "object" ? spec.width : "container";
    window.vegaEmbed(place, spec, {
      actions: false, renderer: "svg", ast: true, expr: window.vegaInterpreter.expressionInterpreter,
      defaultStyle: false, tooltip: { disableDefaultStyle: true }, config: theme(),
    }).catch((error) => { place.textContent = String(error); });
  }

  function drawAll(part) { part.querySelectorAll("[data-chart]").forEach(draw); }

  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:afterSwap", (event) => drawAll(event.detail.elt));
  document.addEventListener("htmx:sendError", () => root.classList.add("kw-offline"));
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) root.classList.remove("kw-offline"); });
})();
