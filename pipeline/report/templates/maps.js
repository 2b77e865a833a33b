// Maps: a feature table's patterns as marks in a plane, coloured by what an algorithm makes of them.
"use strict";

(() => {
  const { axis, color, folded, layout, safe } = window.shoal;
  const STATUSES = ["normal", "borderline", "anomaly"];
  const LOWEST = 0.5; // where marks without a value lie on a logarithmic scale

  /** What a mark tells when it is pointed at. */
  function told({ marks }, view, at, shown) {
    const others = marks.weight[at] - 1;
    const cluster = view.cluster[at] === null ? "" : `${view.cluster[at]}, `;
    const lines = [
      `<b>${safe(marks.entity[at])}</b>${others ? ` and ${others.toLocaleString("en")} alike` : ""}`,
      `${cluster}${STATUSES[view.status[at]]}, score ${view.score[at].toFixed(3)}`,
    ];
    if (marks.reason[at]) {
      lines.push(folded(marks.reason[at]));
    }
    if (view.finding[at] !== null) {
      lines.push(`<b>finding ${view.finding[at]}</b>: ${folded(shown[view.finding[at]].text.slice(0, 160))}`);
    }
    return lines.join("<br>");
  }

  /** The marks of one colour. */
  function cloud(section, figure, view, own, name, role, shown) {
    const { marks } = section;
    const { x, y } = figure.options;
    const choose = (anomalous, usual) => own.map((at) => (view.status[at] === 2 ? anomalous : usual));
    return {
      type: "scatter",
      mode: "markers",
      name,
      x: own.map((at) => marks[x][at]),
      y: own.map((at) => marks[y][at] ?? LOWEST),
      customdata: own.map((at) => view.finding[at]),
      hovertext: own.map((at) => told(section, view, at, shown)),
      hovertemplate: "%{hovertext}<extra></extra>",
      marker: {
        color: color(role),
        size: own.map((at) => 6 + 2.4 * Math.log10(marks.weight[at])),
        symbol: choose("diamond", "circle"),
        opacity: choose(0.95, 0.6),
        line: { color: color("--text"), width: choose(1, 0) },
      },
    };
  }

  /** Clouds with an entry each in the legend that does not look like their first mark. */
  function legible(clouds) {
    const drawn = clouds.filter((one) => one.x.length);
    const entries = drawn.map(({ name, marker }) => ({ type: "scatter", mode: "markers", name, x: [null], y: [null], marker: { color: marker.color, size: 8 } }));
    return [...drawn.map((one) => ({ ...one, showlegend: false })), ...entries];
  }

  /** Marks by colour, the rest first so that what has a name lies above. */
  function clouds(section, figure, view, shown) {
    const places = section.marks.entity.map((_, at) => at);
    if (!Object.keys(view.colors).length) {
      const roles = ["--series-other", "--series-7", "--alert"];
      return legible(STATUSES.map((status, code) => cloud(section, figure, view, places.filter((at) => view.status[at] === code), status, roles[code], shown)));
    }
    const roles = Object.entries(view.colors).filter(([, role]) => role !== "--series-other");
    const others = new Set(Object.entries(view.colors).filter(([, role]) => role === "--series-other").map(([cluster]) => cluster));
    const rest = places.filter((at) => others.has(view.cluster[at]));
    const named = roles.map(([cluster, role]) => {
      const own = places.filter((at) => view.cluster[at] === cluster);
      return cloud(section, figure, view, own, cluster, role, shown);
    });
    return legible([cloud(section, figure, view, rest, "smaller clusters", "--series-other", shown), ...named]);
  }

  /** The number of each finding at its heaviest mark. */
  function numbers(section, figure, view) {
    const { x, y, missing } = figure.options;
    const { marks } = section;
    const heaviest = new Map();
    view.finding.forEach((rank, at) => {
      const known = heaviest.get(rank);
      if (rank !== null && (known === undefined || marks.weight[known] < marks.weight[at])) {
        heaviest.set(rank, at);
      }
    });
    const scaled = (value) => (missing ? Math.log10(value ?? LOWEST) : value);
    return [...heaviest].sort(([one], [other]) => one - other).slice(0, 8).map(([rank, at], place) => ({
      x: scaled(marks[x][at]),
      y: scaled(marks[y][at]),
      text: `${rank}`,
      name: `${rank}`,
      captureevents: true,
      ax: place % 2 ? 16 : -16,
      ay: place % 4 < 2 ? -18 : 18,
      arrowcolor: color("--text"),
      arrowwidth: 1,
      arrowhead: 0,
      bgcolor: color("--text"),
      font: { color: color("--page"), size: 11 },
      borderpad: 2,
    }));
  }

  function crosses(figure, view) {
    const { center, center_x: x, center_y: y } = figure.columns;
    if (!center) {
      return [];
    }
    const own = center.map((_, at) => at).filter((at) => view.colors[center[at]] && view.colors[center[at]] !== "--series-other");
    return [
      {
        type: "scatter",
        mode: "markers",
        name: "centre",
        x: own.map((at) => x[at]),
        y: own.map((at) => y[at] ?? LOWEST),
        hovertext: own.map((at) => `centre of ${center[at]}`),
        hovertemplate: "%{hovertext}<extra></extra>",
        marker: { symbol: "x-thin", size: 11, line: { width: 2.2, color: color("--text") } },
      },
    ].filter((one) => one.x.length);
  }

  /** A title on two lines, since Plotly cuts off what is longer than its axis. */
  const broken = (title) => title.replace(" (", "<br>(");

  window.shoal.map = (figure, section, shown) => {
    const view = section.views[figure.algorithm];
    const { x_title: x = "", y_title: y = "", missing, unitless } = figure.options;
    const kind = missing ? { type: "log", dtick: Math.log10(2) } : { zeroline: false, showticklabels: false, showgrid: !unitless };
    const ticks = missing ? { tickvals: [LOWEST, 1, 10, 100, 1000], ticktext: [missing, "1", "10", "100", "1000"] } : {};
    return {
      data: [...clouds(section, figure, view, shown), ...crosses(figure, view)],
      layout: layout(axis(broken(x), kind), axis(broken(y), { ...kind, ...ticks }), {
        annotations: numbers(section, figure, view),
        hovermode: "closest",
        legend: { entrywidth: 92 }, // the name of a new cluster, and two of them on a narrow screen
        showlegend: true,
      }),
    };
  };
})();
