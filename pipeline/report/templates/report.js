// Draws the figures that the page carries as JSON, and the few things that happen on a click.
// What is drawn, and every word of it, is decided in pipeline/report/plots.py; this file says how it looks.
"use strict";

(() => {
  const ROOT = document.documentElement;
  const PAPER_WIDTH = 660; // pixels; fits A4 and letter
  const HOURS = [...Array(24).keys()];
  const TOUCH = window.matchMedia("(pointer: coarse)").matches;
  const CONFIG = {
    displaylogo: false,
    displayModeBar: TOUCH ? false : "hover",
    modeBarButtons: [["toImage", "resetScale2d"]],
    // Plotly offers to upload a chart to its makers' cloud; a security report stays where it is
    showSendToCloud: false,
    plotlyServerURL: "",
    responsive: true,
  };

  /** The colour that a custom property of the style sheet has now, as Plotly can read it. */
  function color(role) {
    const probe = document.createElement("span");
    probe.style.color = `var(${role})`;
    ROOT.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function axis(title, more = {}) {
    return {
      title: { text: title, standoff: 8 },
      gridcolor: color("--line"),
      zerolinecolor: color("--line"),
      linecolor: color("--line"),
      automargin: true,
      ...more,
    };
  }

  function layout(x, y, more = {}) {
    return {
      xaxis: x,
      yaxis: y,
      font: { family: "system-ui, sans-serif", size: 12, color: color("--muted") },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 48, r: 8, t: 24, b: 40 },
      legend: { orientation: "h", x: 0, yref: "container", y: 0, yanchor: "bottom", itemsizing: "constant" },
      hoverlabel: {
        align: "left",
        bgcolor: color("--surface"),
        bordercolor: color("--muted"),
        font: { color: color("--text"), size: 12 },
      },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: color("--muted"), activecolor: color("--text") },
      dragmode: TOUCH ? false : "zoom",
      ...more,
    };
  }

  function centers(series) {
    return {
      type: "scatter",
      mode: "markers",
      name: series.name,
      x: series.x,
      y: series.y,
      hovertext: series.text,
      hovertemplate: "centre of %{hovertext} in the baseline<extra></extra>",
      marker: { symbol: "x-thin", size: 11, line: { width: 2.2, color: color(series.role) } },
    };
  }

  /** The marks of one colour, and the entry that stands for them in the legend whatever they look like. */
  function marks(series) {
    const fill = color(series.role);
    const shared = {
      type: "scatter",
      mode: "markers",
      name: series.name,
      legendgroup: series.role,
      legendrank: series.role === "--series-other" ? 1001 : 1000,
    };
    const choose = (anomalous, usual) => series.anomaly.map((anomaly) => (anomaly ? anomalous : usual));
    return [
      { ...shared, x: [null], y: [null], marker: { color: fill, size: 8 } },
      {
        ...shared,
        showlegend: false,
        x: series.x,
        y: series.y,
        customdata: series.finding,
        hovertext: series.text,
        hovertemplate: "%{hovertext}<extra></extra>",
        marker: {
          color: fill,
          size: series.weight.map((weight) => 5 + 2.4 * Math.log10(weight)),
          symbol: choose("diamond", "circle"),
          opacity: choose(0.95, 0.55),
          line: { color: color("--text"), width: choose(1, 0) },
        },
      },
    ];
  }

  /** The number of each finding, at its heaviest pattern. */
  function numbers(series) {
    const heaviest = new Map();
    for (const one of series.filter((item) => item.rank)) {
      one.rank.forEach((rank, at) => {
        const known = heaviest.get(rank);
        if (rank !== null && (!known || known.weight < one.weight[at])) {
          heaviest.set(rank, { weight: one.weight[at], x: one.x[at], y: one.y[at], finding: one.finding[at] });
        }
      });
    }
    return [...heaviest].map(([rank, { x, y, finding }]) => ({
      x,
      y,
      text: `${rank}`,
      name: finding,
      captureevents: true,
      ax: 16,
      ay: -16,
      arrowcolor: color("--text"),
      arrowwidth: 1,
      arrowhead: 0,
      bgcolor: color("--text"),
      font: { color: color("--page"), size: 11 },
      borderpad: 2,
    }));
  }

  const KINDS = {
    scatter({ series }) {
      const anomaly = { symbol: "diamond-open", size: 9, color: color("--text") };
      return {
        data: [
          ...series.filter((one) => !one.centers).flatMap(marks),
          { type: "scatter", mode: "markers", name: "anomaly", x: [null], y: [null], marker: anomaly, legendrank: 1002 },
          ...series.filter((one) => one.centers).map((one) => ({ ...centers(one), legendrank: 1003 })),
        ],
        layout: layout(axis("component 1"), axis("component 2"), { annotations: numbers(series), hovermode: "closest" }),
      };
    },

    sizes({ series }) {
      const [{ x, y, role, kind, text }] = series;
      const kinds = [...new Set(kind)];
      return {
        data: kinds.map((name) => {
          const own = kind.flatMap((item, at) => (item === name ? [at] : []));
          return {
            type: "bar",
            name,
            x: own.map((at) => x[at]),
            y: own.map((at) => y[at]),
            text: own.map((at) => text[at]),
            textposition: "outside",
            textfont: { size: 12, color: color("--text") },
            constraintext: "none",
            cliponaxis: false,
            marker: { color: color(role[own[0]]) },
            hovertemplate: "cluster %{x}: %{y:,} events<extra></extra>",
          };
        }),
        layout: layout(
          axis("cluster", { type: "category", categoryorder: "array", categoryarray: x, showgrid: false }),
          // half an event at the bottom, so that a cluster of one event has a bar
          axis("events", { type: "log", dtick: 1, range: [Math.log10(0.5), Math.log10(Math.max(...y)) * 1.08 + 0.1] }),
          { barmode: "overlay", showlegend: true },
        ),
      };
    },

    variance({ series }) {
      const [each, all] = series;
      const x = each.y.map((_, at) => at + 1);
      const hovertemplate = "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>";
      return {
        data: [
          { type: "bar", name: each.name, x, y: each.y, hovertemplate, marker: { color: color(each.role) } },
          { type: "scatter", mode: "lines+markers", name: all.name, x, y: all.y, hovertemplate, line: { color: color(all.role) } },
        ],
        layout: layout(axis("component", { showgrid: false }), axis("share of the variance", { tickformat: ".0%", range: [0, 1.05] })),
      };
    },

    elbow({ series, marked }) {
      const lines = series.map((one, at) => ({
        type: "scatter",
        mode: "lines+markers",
        name: one.name,
        x: one.x,
        y: one.y,
        yaxis: at ? "y2" : "y",
        line: { color: color(one.role) },
        hovertemplate: `K = %{x}: ${one.name} %{y:.4g}<extra></extra>`,
      }));
      return {
        data: lines,
        layout: layout(axis("number of clusters K", { anchor: "y2" }), axis("inertia", { domain: [0.56, 1], rangemode: "tozero" }), {
          yaxis2: axis("silhouette", { domain: [0, 0.44] }),
          shapes: rule(marked, "x"),
          showlegend: false,
        }),
      };
    },

    k_distance({ series, marked }) {
      const [one] = series;
      return {
        data: [
          {
            type: "scatter",
            mode: "lines",
            name: one.name,
            x: one.x,
            y: one.y,
            line: { color: color(one.role) },
            hovertemplate: "%{x:.1%} of the events: at most %{y:.4g}<extra></extra>",
          },
        ],
        layout: layout(axis("share of the events", { tickformat: ".0%" }), axis(one.name, { rangemode: "tozero" }), {
          shapes: rule(marked, "y"),
        }),
      };
    },

    weights({ series, marked }) {
      const [one] = series;
      return {
        data: [{ type: "bar", name: one.name, x: one.x, y: one.y, marker: { color: color(one.role) }, hovertemplate: "%{x}: %{y:.2%}<extra></extra>" }],
        layout: layout(axis("component", { dtick: 1, showgrid: false }), axis("share of the events", { tickformat: ".0%" }), {
          shapes: rule(marked, "x"),
        }),
      };
    },

    hours({ series }) {
      return {
        data: series.map((one) => ({
          type: "bar",
          name: one.name,
          x: HOURS,
          y: one.y,
          marker: { color: color(one.role) },
          hovertemplate: "%{x} h: %{y:,}<extra>%{fullData.name}</extra>",
        })),
        layout: layout(axis("hour of the day", { dtick: 3, showgrid: false, zeroline: false }), axis("events"), { barmode: "stack", showlegend: true }),
      };
    },

    finding_hours({ series }) {
      const [one] = series;
      return {
        data: [
          {
            type: "heatmap",
            x: HOURS,
            y: one.y,
            z: one.z,
            customdata: one.finding.map((finding) => HOURS.map(() => finding)),
            text: one.events,
            zmin: 0,
            xgap: 1,
            ygap: 3,
            showscale: false,
            colorscale: [
              [0, color("--surface")],
              [1, color(one.role)],
            ],
            hovertemplate: "%{y}, %{x} h: %{text} events, %{z:.0%} of its own<extra></extra>",
          },
        ],
        height: 80 + 26 * one.y.length,
        layout: layout(axis("hour of the day", { dtick: 3, showgrid: false, zeroline: false }), axis("", { type: "category", autorange: "reversed", showgrid: false })),
      };
    },
  };

  /** A dotted line at the value that was chosen. */
  function rule(value, on) {
    if (value === null) {
      return [];
    }
    const other = on === "x" ? "y" : "x";
    const line = { color: color("--text"), dash: "dot", width: 1.2 };
    return [{ type: "line", [`${on}0`]: value, [`${on}1`]: value, [`${other}ref`]: "paper", [`${other}0`]: 0, [`${other}1`]: 1, line }];
  }

  /** Draw a figure as wide as its place, or `width` pixels wide. */
  function draw(figure, width) {
    const node = document.getElementById(`plot-${figure.key}`);
    const drawn = KINDS[figure.kind](figure);
    drawn.layout.width = width;
    if (drawn.height) {
      node.style.height = `${drawn.height}px`;
    }
    window.Plotly.react(node, drawn.data, drawn.layout, CONFIG);
    if (!node.dataset.drawn) {
      node.dataset.drawn = "yes";
      node.on("plotly_click", ({ points }) => show(points[0].customdata));
      node.on("plotly_clickannotation", ({ annotation }) => show(annotation.name));
    }
  }

  function show(finding) {
    if (finding && document.getElementById(`finding-${finding}`)) {
      window.location.hash = `finding-${finding}`;
      openTarget();
    }
  }

  /** A link to a finding opens it. */
  function openTarget() {
    const target = document.getElementById(window.location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
    }
  }

  function toggleAll() {
    const button = document.getElementById("toggle");
    if (!button) {
      return;
    }
    const findings = [...document.querySelectorAll("details.finding")];
    button.hidden = false;
    button.addEventListener("click", () => {
      const open = findings.some((finding) => !finding.open);
      findings.forEach((finding) => {
        finding.open = open;
      });
      button.textContent = open ? "Close all" : "Open all";
    });
  }

  /** On paper every finding is open, and plots are light and as wide as the sheet. */
  function printing(figures) {
    let closed = [];
    window.addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details.finding:not([open])")];
      closed.forEach((details) => {
        details.open = true;
      });
      ROOT.style.colorScheme = "light";
      figures.forEach((figure) => draw(figure, PAPER_WIDTH));
    });
    window.addEventListener("afterprint", () => {
      closed.forEach((details) => {
        details.open = false;
      });
      ROOT.style.colorScheme = "";
      figures.forEach((figure) => draw(figure));
    });
  }

  function start() {
    toggleAll();
    openTarget();
    window.addEventListener("hashchange", openTarget);
    const figures = JSON.parse(document.getElementById("figures").textContent);
    if (!window.Plotly) {
      document.querySelectorAll(".plot").forEach((node) => {
        node.textContent = "The plotting library is missing: shared/plotly.min.js should lie beside the folders of the nights.";
      });
      return;
    }
    // one figure per task keeps the page responsive while it fills
    figures.forEach((figure) => setTimeout(() => draw(figure), 0));
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => figures.forEach((figure) => draw(figure)));
    printing(figures);
  }

  start();
})();
