"""The chart output of a cell as a MIME bundle: payload, static SVG picture and text table, at most 64 KiB."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape, quoteattr

MIME = "application/vnd.cellruns.chart.v1+json"
MAX_BYTES = 64 * 1024
_PAYLOAD_BYTES = 36 * 1024
_SVG_BYTES = 22 * 1024
_TEXT_BYTES = 4 * 1024

_MAX_RUNS = 40
_MAX_SERIES = 40
_MAX_PARAMS = 30
_CHARTS = 9
_WIDTH, _HEIGHT, _PAD = 260, 120, 14
# Okabe and Ito's colour-blind-safe set, dark enough on white.
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d1f", "#555555")


def opening(anchor, cell, store):
    """The bundle of a chart that has just begun."""
    return {
        MIME: {
            "version": 1, "anchor": anchor, "cell": cell, "store": store, "ended": False,
            "runs": [], "runs_total": 0,
        },
        "text/plain": "Cellruns: recording…",
    }


def bundle(anchor, cell, store, runs, ended=True):
    """The bundle of runs as they stand.

    `runs`: objects with run, name, experiment, parent, status, start_time, end_time (ms), params (dict),
    series (dict of `Series`).
    """
    payload = _payload(anchor, cell, store, runs, ended)
    data = {MIME: payload, "text/plain": _text(runs)}
    svg = _svg(runs)
    if svg:
        data["image/svg+xml"] = svg
    return data


def _payload(anchor, cell, store, runs, ended):
    shown = runs[-_MAX_RUNS:]
    total_series = sum(min(len(r.series), _MAX_SERIES) for r in shown)
    points = max(min(256, _PAYLOAD_BYTES // 44 // max(total_series, 1)), 6)
    series_most, params_most = _MAX_SERIES, _MAX_PARAMS
    while True:
        payload = {
            "version": 1, "anchor": anchor, "cell": cell, "store": store, "ended": ended,
            "runs": [_run(r, points, series_most, params_most) for r in shown],
            "runs_total": len(runs),
        }
        if len(json.dumps(payload)) <= _PAYLOAD_BYTES:
            return payload
        # Points go first, then params, then series, then runs; the totals tell what is missing.
        if points > 6:
            points = max(points * 2 // 3, 6)
        elif params_most > 3:
            params_most //= 2
        elif series_most > 4:
            series_most = series_most * 2 // 3
        elif len(shown) > 1:
            shown = shown[-max(len(shown) * 2 // 3, 1):]
        else:
            return payload


def _run(run, points, series_most, params_most):
    names = list(run.series)
    keys = [n for n in names if not n.startswith("system/")] + [n for n in names if n.startswith("system/")]
    params = list(run.params.items())
    return {
        "run": run.run, "name": _short(run.name, 80), "experiment": run.experiment, "parent": run.parent,
        "status": run.status, "start_time": run.start_time, "end_time": run.end_time,
        "params": {k[:100]: _short(v, 100) for k, v in params[:params_most]}, "params_total": len(params),
        "series": [run.series[k].json(points) for k in keys[:series_most]],
        "series_total": len(names),
    }


def _short(text, most):
    return text if len(text) <= most else text[: most - 1] + "…"


def _figure(value):
    if value is None:
        return "-"
    return "%.5g" % value


def _text(runs):
    lines = ["Cellruns: %d run%s" % (len(runs), "" if len(runs) == 1 else "s")]
    left = _TEXT_BYTES
    for run in runs:
        entries = ["%s  %s  %s" % (_short(run.name, 60), run.status, run.run)]
        entries.extend(_text_line(series) for series in run.series.values())
        for line in entries:
            left -= len(line.encode("utf-8", "replace")) + 1
            if left < 0:
                return "\n".join([*lines, "…"])
            lines.append(line)
    return "\n".join(lines)


def _text_line(series):
    return "    %-28s last %-11s min %-11s max %-11s %d point%s%s" % (
        _short(series.key, 28), _figure(series.last), _figure(series.min), _figure(series.max),
        series.count, "" if series.count == 1 else "s",
        ", %d not finite" % series.nonfinite if series.nonfinite else "",
    )


def _svg(runs):
    keys = []
    for run in runs:
        for key in run.series:
            if key not in keys and not key.startswith("system/"):
                keys.append(key)
    drawn = keys[:_CHARTS]
    if not drawn:
        return ""
    shown = runs[-12:]
    lines = max(sum(1 for r in shown for k in drawn if k in r.series), 1)
    points = max(min(120, _SVG_BYTES // 13 // lines), 4)
    while True:
        svg = _draw(shown, len(runs), drawn, len(keys), points)
        if len(svg.encode("utf-8")) <= _SVG_BYTES or points <= 4:
            break
        points = max(points * 2 // 3, 4)
    return svg if len(svg.encode("utf-8")) <= _SVG_BYTES * 3 // 2 else ""


def _draw(runs, runs_total, keys, keys_total, points):
    columns = min(len(keys), 3)
    rows = (len(keys) + columns - 1) // columns
    legend = 18 * ((len(runs) + columns - 1) // columns)
    width = columns * (_WIDTH + _PAD) + _PAD
    height = rows * (_HEIGHT + 44) + _PAD + legend + 8
    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
        'font-family="sans-serif" font-size="11">' % (width, height, width, height),
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for n, key in enumerate(keys):
        x0 = _PAD + (n % columns) * (_WIDTH + _PAD)
        y0 = _PAD + (n // columns) * (_HEIGHT + 44)
        out.append(_panel(runs, key, x0, y0, points))
    y = rows * (_HEIGHT + 44) + _PAD + 8
    for n, run in enumerate(runs):
        x = _PAD + (n % columns) * (_WIDTH + _PAD)
        out.append(
            '<rect x="%d" y="%d" width="10" height="10" fill="%s"/><text x="%d" y="%d" fill="#222">%s</text>' % (
                x, y + 18 * (n // columns), _COLORS[n % len(_COLORS)], x + 16, y + 9 + 18 * (n // columns),
                escape(_short(run.name, 36)),
            )
        )
    left = []
    if runs_total > len(runs):
        left.append("%d more runs" % (runs_total - len(runs)))
    if keys_total > len(keys):
        left.append("%d more metrics" % (keys_total - len(keys)))
    if left:
        out.append('<text x="%d" y="%d" fill="#666">%s</text>' % (_PAD, height - 2, escape(", ".join(left))))
    out.append("</svg>")
    return "".join(out)


def _panel(runs, key, x0, y0, points):
    curves = [(n, r.series[key]) for n, r in enumerate(runs) if key in r.series]
    lows = [s.min for _, s in curves if s.min is not None]
    highs = [s.max for _, s in curves if s.max is not None]
    low, high = (min(lows), max(highs)) if lows else (0.0, 1.0)
    first = min(min(s.steps) for _, s in curves)
    last = max(max(s.steps) for _, s in curves)
    tall, wide = (high - low) or 1.0, (last - first) or 1
    top, bottom = y0 + 18, y0 + 18 + _HEIGHT
    out = [
        '<text x="%d" y="%d" fill="#222" font-weight="bold">%s</text>' % (x0, y0 + 10, escape(_short(key, 40))),
        '<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#ccc"/>' % (x0, top, _WIDTH, _HEIGHT),
        '<text x="%d" y="%d" fill="#666" font-size="9">%s</text>' % (x0 + 3, top + 10, _figure(high)),
        '<text x="%d" y="%d" fill="#666" font-size="9">%s</text>' % (x0 + 3, bottom - 3, _figure(low)),
        '<text x="%d" y="%d" fill="#666" font-size="9">step %d</text>' % (x0, bottom + 11, first),
        '<text x="%d" y="%d" fill="#666" font-size="9" text-anchor="end">%d</text>' % (x0 + _WIDTH, bottom + 11, last),
    ]

    def place(step, value):
        # Halved before the division: the span of two large floats may not be finite.
        share = (value / 2 - low / 2) / (tall / 2) if tall - tall == 0.0 else 0.5
        return x0 + (step - first) / wide * _WIDTH, bottom - 4 - share * (_HEIGHT - 8)

    for n, series in curves:
        color = _COLORS[n % len(_COLORS)]
        data = series.json(points)
        finite = []
        for step, value in zip(data["steps"], data["values"]):
            if isinstance(value, str):
                x, _ = place(step, low)
                out.append(
                    '<text x="%.0f" y="%d" fill="%s" font-size="9" text-anchor="middle">&#215;<title>%s</title></text>'
                    % (x, top + 8, color, escape(value))
                )
            else:
                finite.append("%.0f,%.0f" % place(step, value))
        if len(finite) == 1:
            x, y = finite[0].split(",")
            out.append('<circle cx="%s" cy="%s" r="3" fill="%s"/>' % (x, y, color))
        elif finite:
            out.append(
                "<polyline points=%s fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>"
                % (quoteattr(" ".join(finite)), color)
            )
    return "".join(out)
