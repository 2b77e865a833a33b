// The page at work: plots are drawn once they come into view, findings open and filter, algorithms switch.
"use strict";

(() => {
  const ROOT = document.documentElement;
  const PAPER_WIDTH = { wide: 680, half: 330 }; // pixels; two halves side by side fit A4 and letter
  const WIDE = new Set(["centers", "octets"]);
  const NEAR = "400px"; // how far below the window a plot is drawn beforehand
  const MOST_ROWS = 200;
  const CONFIG = {
    displaylogo: false,
    displayModeBar: window.shoal.TOUCH ? false : "hover",
    modeBarButtons: [["toImage", "resetScale2d"]],
    // Plotly offers to upload a chart to its makers' cloud; a security report stays where it is
    showSendToCloud: false,
    plotlyServerURL: "",
    responsive: true,
  };
  const STATUSES = ["normal", "borderline", "anomaly"];
  const SHOWN = JSON.parse(document.getElementById("shown").textContent);
  const DRAWN = new Set();
  const SECTIONS = new Map();

  /** What a section draws from, read when it is first needed. */
  function sectionOf(node) {
    const table = node.closest("details.table");
    if (!SECTIONS.has(table)) {
      SECTIONS.set(table, JSON.parse(table.querySelector("script.drawn").textContent));
    }
    return SECTIONS.get(table);
  }

  const figureOf = (node) => sectionOf(node).figures.find((figure) => figure.key === node.dataset.key);

  /** Draw a figure as wide as its place, or `width` pixels wide. */
  function draw(node, width) {
    const figure = figureOf(node);
    const plot = node.querySelector(".plot");
    const drawn = window.shoal.kinds[figure.kind](figure, sectionOf(node), SHOWN, width ?? plot.clientWidth);
    drawn.layout.width = width;
    if (drawn.height) {
      plot.style.height = `${drawn.height}px`;
    }
    window.Plotly.react(plot, drawn.data, drawn.layout, CONFIG);
    // a screen reader has the caption and the numbers; the ticks of an axis say nothing by themselves
    plot.querySelectorAll("svg.main-svg").forEach((svg) => svg.setAttribute("aria-hidden", "true"));
    if (!DRAWN.has(node)) {
      DRAWN.add(node);
      plot.on("plotly_click", ({ points }) => show(points[0].customdata));
      plot.on("plotly_clickannotation", ({ annotation }) => show(annotation.name));
    }
  }

  function show(rank) {
    if (SHOWN[rank]) {
      window.location.hash = `finding-${SHOWN[rank].id}`;
      openTarget();
    }
  }

  /** A link to a finding or a table opens it, whatever the filter hides. */
  function openTarget() {
    const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      if (target.closest(".found")) {
        target.closest(".found").hidden = false;
      }
      target.open = true;
      target.scrollIntoView();
    }
  }

  function findings() {
    const form = document.getElementById("filter");
    if (!form) {
      return;
    }
    const all = [...document.querySelectorAll(".found")];
    const [texts, table] = [all.map((found) => found.textContent.toLowerCase()), document.getElementById("filter-table")];
    const filter = () => {
      const wanted = document.getElementById("filter-text").value.trim().toLowerCase();
      const levels = new Set([...form.querySelectorAll("[name=level]:checked")].map((box) => box.value));
      let count = 0;
      all.forEach((found, at) => {
        const isOf = !table || !table.value || found.dataset.table === table.value;
        found.hidden = !(isOf && levels.has(found.dataset.level) && texts[at].includes(wanted));
        count += found.hidden ? 0 : 1;
      });
      document.getElementById("filter-count").textContent = `${count} of ${all.length}`;
      document.getElementById("none-match").hidden = count > 0;
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
    toggleAll(all);
  }

  function toggleAll(all) {
    const button = document.getElementById("toggle");
    button.addEventListener("click", () => {
      const shown = all.filter((found) => !found.hidden).map((found) => found.querySelector("details"));
      const open = shown.some((details) => !details.open);
      shown.forEach((details) => {
        details.open = open;
      });
      button.textContent = open ? "Close all" : "Open all";
    });
  }

  /** One algorithm of a table at a time, as tabs; without this script all stand one below the other. */
  function tabs(table) {
    const panels = [...table.querySelectorAll(".panel")];
    const list = document.createElement("div");
    list.className = "tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Algorithm");
    const buttons = panels.map((panel) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `tab-${panel.id}`;
      button.textContent = panel.dataset.algorithm;
      button.setAttribute("role", "tab");
      button.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      // it keeps its own label, for other tables have tabs of the same name
      return button;
    });
    const choose = (chosen) => {
      buttons.forEach((button, at) => {
        button.setAttribute("aria-selected", String(at === chosen));
        button.tabIndex = at === chosen ? 0 : -1;
        panels[at].hidden = at !== chosen;
      });
    };
    buttons.forEach((button, at) => {
      button.addEventListener("click", () => choose(at));
      button.addEventListener("keydown", ({ key }) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
        if (step) {
          const next = (at + step + buttons.length) % buttons.length;
          choose(next);
          buttons[next].focus();
        }
      });
    });
    list.append(...buttons);
    panels[0]?.before(list);
    choose(0);
  }

  function cell(tag, value) {
    const made = document.createElement(tag);
    made.textContent = value === null || value === "" ? "-" : String(value);
    return made;
  }

  /** The rows of a figure's table; those of a map are its marks, the most suspicious first. */
  function rowsOf(figure, section) {
    const names = Object.keys(figure.headings);
    if (figure.kind !== "map") {
      return figure.columns[names[0]].map((_, at) => names.map((name) => figure.columns[name][at]));
    }
    const view = section.views[figure.algorithm];
    const told = { ...section.marks, ...view, status: view.status.map((code) => STATUSES[code]) };
    const order = view.score.map((_, at) => at).sort((one, other) => view.score[other] - view.score[one]);
    return order.map((at) => names.map((name) => told[name][at]));
  }

  /** What a figure shows as a table, made when it is opened. */
  function tabulate(details) {
    const node = details.closest("figure");
    const [figure, section] = [figureOf(node), sectionOf(node)];
    const rows = rowsOf(figure, section);
    const table = document.createElement("table");
    const head = document.createElement("tr");
    head.append(...Object.values(figure.headings).map((heading) => cell("th", heading)));
    head.childNodes.forEach((heading) => heading.setAttribute("scope", "col"));
    table.createTHead().append(head);
    const body = table.createTBody();
    for (const row of rows.slice(0, MOST_ROWS)) {
      body.insertRow().append(...row.map((value) => cell("td", value)));
    }
    const place = document.createElement("div");
    place.className = "scroll";
    place.tabIndex = 0;
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", `Numbers of ${node.id.replaceAll("-", " ")}`);
    place.append(table);
    details.append(place);
    if (rows.length > MOST_ROWS) {
      details.append(cell("p", `The first ${MOST_ROWS} of ${rows.length.toLocaleString("en")}.`));
    }
  }

  /** On paper every finding and table is open, and plots are light and as wide as the sheet. */
  function printing() {
    let closed = [];
    window.addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details.finding:not([open]), details.table:not([open])")];
      closed.forEach((details) => {
        details.open = true;
      });
      ROOT.style.colorScheme = "light";
      visible().forEach((node) => draw(node, WIDE.has(node.className) ? PAPER_WIDTH.wide : PAPER_WIDTH.half));
    });
    window.addEventListener("afterprint", () => {
      closed.forEach((details) => {
        details.open = false;
      });
      window.shoalTheme.apply();
    });
  }

  /** The figures of open tables and chosen algorithms. */
  function visible() {
    return [...document.querySelectorAll("details.table[open] figure")].filter((node) => !node.closest("[hidden]"));
  }

  function plots() {
    if (!window.Plotly) {
      document.querySelectorAll("figure .plot").forEach((node) => {
        node.textContent = "The plotting library is missing: shared/plotly.min.js should lie beside the folders of the nights.";
      });
      return;
    }
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting && !DRAWN.has(target)) {
          // one figure per task keeps the page responsive while it fills
          setTimeout(() => draw(target), 0);
          seen.unobserve(target);
        }
      }
    }, { rootMargin: NEAR });
    document.querySelectorAll("details.table figure").forEach((node) => seen.observe(node));
    document.addEventListener("themechange", () => [...DRAWN].forEach((node) => draw(node)));
    printing();
  }

  document.querySelectorAll("details.table").forEach(tabs);
  document.querySelectorAll("details.numbers").forEach((details) => {
    details.addEventListener("toggle", () => tabulate(details), { once: true });
  });
  findings();
  plots();
  openTarget();
  window.addEventListener("hashchange", openTarget);
})();
