// How each kind of plot but the map looks: what a figure holds becomes Plotly's traces and layout.
"use strict";

(() => {
  const { axis, color, layout, map, rule, safe } = window.shoal;
  const HOURS = [...Array(24).keys()];

  window.shoal.kinds = {
    map,

    sizes({ columns, options }) {
      const kinds = Object.keys(options.roles).filter((kind) => columns.kind.includes(kind));
      return {
        data: kinds.map((name) => {
          const own = columns.kind.flatMap((item, at) => (item === name ? [at] : []));
          return {
            type: "bar",
            name,
            x: own.map((at) => columns.cluster[at]),
            y: own.map((at) => columns.size[at]),
            text: own.map((at) => columns.finding[at] ?? ""),
            customdata: own.map((at) => columns.finding[at]),
            textposition: "outside",
            textfont: { size: 12, color: color("--text") },
            constraintext: "none",
            cliponaxis: false,
            marker: { color: color(options.roles[name]) },
            hovertemplate: `cluster %{x}: %{y:,} ${options.y_title}<extra></extra>`,
          };
        }),
        layout: layout(
          axis("cluster", { type: "category", categoryorder: "array", categoryarray: columns.cluster, showgrid: false }),
          // half of one at the bottom, so that a cluster of one has a bar
          axis(options.y_title, { type: "log", dtick: 1, range: [Math.log10(0.5), Math.log10(Math.max(...columns.size)) * 1.08 + 0.1] }),
          { barmode: "overlay", showlegend: true },
        ),
      };
    },

    hours({ columns, options }) {
      return {
        data: [
          {
            type: "heatmap",
            x: HOURS,
            y: columns.cluster,
            z: options.shares,
            text: columns.cluster.map((_, row) => HOURS.map((hour) => columns[hour][row])),
            zmin: 0,
            xgap: 1,
            ygap: 2,
            showscale: false,
            colorscale: [[0, color("--surface")], [1, color("--series-1")]],
            hovertemplate: "cluster %{y}, %{x} h: %{text:,}, %{z:.0%} of its own<extra></extra>",
          },
        ],
        layout: layout(axis("hour of the day", { dtick: 3, showgrid: false, zeroline: false }), axis("", { type: "category", autorange: "reversed", showgrid: false })),
      };
    },

    centers({ columns, options }, section, shown, width) {
      const texts = width > 150 + 56 * options.clusters.length ? { texttemplate: "%{text}", textfont: { size: 11 } } : {};
      return {
        height: 84 + 24 * columns.feature.length,
        data: [
          {
            type: "heatmap",
            x: options.clusters,
            y: columns.feature.map(safe),
            z: options.deviation,
            text: columns.feature.map((_, row) => options.clusters.map((cluster) => safe(columns[cluster][row] ?? "-"))),
            ...texts,
            zmin: -3,
            zmid: 0,
            zmax: 3,
            xgap: 1,
            ygap: 1,
            colorscale: [[0, color("--below")], [0.5, color("--surface")], [1, color("--above")]],
            colorbar: { thickness: 8, outlinewidth: 0, tickvals: [-3, 0, 3], ticktext: ["below", "usual", "above"] },
            hovertemplate: "%{y} of cluster %{x}: %{text}, %{z:+.1f} units from the baseline<extra></extra>",
          },
        ],
        layout: layout(
          axis("cluster", { type: "category", side: "top", showgrid: false }),
          axis("", { type: "category", autorange: "reversed", showgrid: false }),
          { margin: { l: 48, r: 8, t: 48, b: 8 } },
        ),
      };
    },

    density({ columns, options, marked }) {
      const middle = columns.start.map((start, at) => (start + columns.end[at]) / 2);
      const share = (column) => columns[column].map((value) => value || null);
      const hovertemplate = "%{y:.2%} at %{x:.3g}<extra>%{fullData.name}</extra>";
      return {
        data: [
          { type: "bar", name: "this night", x: middle, y: share("night"), width: columns.end[0] - columns.start[0], hovertemplate, marker: { color: color("--series-1"), opacity: 0.75 } },
          { type: "scatter", mode: "lines", name: "baseline", x: middle, y: share("baseline"), hovertemplate, connectgaps: true, line: { shape: "hvh", width: 1.6, color: color("--text") } },
        ],
        layout: layout(axis(options.x_title, { rangemode: "tozero", showgrid: false }), axis("share", { type: "log", dtick: 1, tickformat: "~%" }), {
          bargap: 0,
          shapes: rule(marked, "x"),
          showlegend: true,
        }),
      };
    },

    variance({ columns }) {
      const hovertemplate = "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>";
      const x = columns.component;
      return {
        data: [
          { type: "bar", name: "each component", x, y: columns.each, hovertemplate, marker: { color: color("--series-1") } },
          { type: "scatter", mode: "lines+markers", name: "all up to it", x, y: columns.total, hovertemplate, line: { color: color("--series-2") } },
        ],
        layout: layout(axis("component", { showgrid: false }), axis("share of the variance", { tickformat: ".0%", range: [0, 1.05] }), { showlegend: true }),
      };
    },

    elbow({ columns, marked }) {
      const line = (column, role, yaxis) => ({
        type: "scatter",
        mode: "lines+markers",
        name: column,
        x: columns.k,
        y: columns[column],
        yaxis,
        line: { color: color(role) },
        hovertemplate: `K = %{x}: ${column} %{y:.4g}<extra></extra>`,
      });
      return {
        data: [line("inertia", "--series-1", "y"), line("silhouette", "--series-2", "y2")],
        layout: layout(axis("number of clusters K", { anchor: "y2" }), axis("inertia", { domain: [0.56, 1], rangemode: "tozero" }), {
          yaxis2: axis("silhouette", { domain: [0, 0.44] }),
          shapes: rule(marked, "x"),
        }),
      };
    },

    radius({ columns, options, marked }) {
      return {
        data: [
          {
            type: "scatter",
            mode: "lines+markers",
            x: columns.share,
            y: columns.radius,
            line: { color: color("--series-1") },
            hovertemplate: "%{x:.1%}: %{y:.4g}<extra></extra>",
          },
        ],
        layout: layout(axis(options.x_title, { tickformat: ".0%" }), axis(options.y_title, { rangemode: "tozero" }), { shapes: rule(marked, "y") }),
      };
    },

    weights({ columns, options, marked }) {
      return {
        data: [{ type: "bar", x: columns.component, y: columns.weight, marker: { color: color("--series-1") }, hovertemplate: "%{x}: %{y:.2%}<extra></extra>" }],
        layout: layout(axis("component", { dtick: 1, showgrid: false }), axis(options.y_title, { tickformat: ".0%" }), { shapes: rule(marked, "x") }),
      };
    },

    octets({ columns, options }) {
      const rows = options.octets;
      const z = rows.map(() => Array(256).fill(null));
      const text = rows.map(() => Array(256).fill(""));
      const flagged = columns.octet.flatMap((_, at) => (columns.anomalies[at] ? [at] : []));
      columns.octet.forEach((octet, at) => {
        z[rows.indexOf(octet)][columns.value[at]] = Math.log10(columns.addresses[at] + 1);
        text[rows.indexOf(octet)][columns.value[at]] = `${columns.addresses[at].toLocaleString("en")} addresses, ${columns.anomalies[at].toLocaleString("en")} above a threshold`;
      });
      return {
        height: 300,
        data: [
          {
            type: "heatmap", x: [...Array(256).keys()], y: rows.map((_, at) => at), z, text, ygap: 26, showscale: false, hoverongaps: false, zmin: 0,
            colorscale: [[0, color("--surface")], [1, color("--series-1")]],
            hovertemplate: "%{x}: %{text}<extra></extra>",
          },
          {
            type: "scatter", mode: "markers", name: "above a threshold", x: flagged.map((at) => columns.value[at]), y: flagged.map((at) => rows.indexOf(columns.octet[at]) - 0.4),
            marker: { symbol: "triangle-down", size: 7, color: color("--alert") },
            hovertext: flagged.map((at) => `${columns.value[at]}: ${columns.anomalies[at].toLocaleString("en")} above a threshold`),
            hovertemplate: "%{hovertext}<extra></extra>",
          },
        ],
        layout: layout(axis("value", { range: [-2, 257], dtick: 32, showgrid: false, zeroline: false }), axis("", { tickvals: rows.map((_, at) => at), ticktext: rows, range: [3.5, -0.65], showgrid: false, zeroline: false })),
      };
    },
  };
})();
