"""Draws what grows with the number of Services and what does not: python3 bench/plot.py RESULTS SVG"""
import glob
import json
import math
import sys

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 360, 70, 50, 30, 190
SERIES = [
    ("fullWriteSeconds", 1000, "first full write", "#1f77b4"),
    ("restartSeconds", 1000, "restart, nothing written", "#2ca02c"),
    ("changeP99Milliseconds", 1, "one change, 99th percentile", "#ff7f0e"),
    ("changeP50Milliseconds", 1, "one change, median", "#d62728"),
]


def scale(value, low, high, start, end):
    return start + (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low)) * (end - start)


def draw(results):
    x = lambda elements: scale(elements, 1e3, 1e5, LEFT, WIDTH - RIGHT)
    y = lambda milliseconds: scale(milliseconds, 0.1, 10_000, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">endpoints (10 for each Service)</text>',
        f'<text x="16" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 16 {HEIGHT / 2})">milliseconds</text>',
    ]
    for value, label in ((0.1, "0.1"), (1, "1"), (10, "10"), (100, "100"), (1000, "1,000"), (10_000, "10,000")):
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/><text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{label}</text>')
    for value, label in ((1e3, "1,000"), (1e4, "10,000"), (1e5, "100,000")):
        parts.append(f'<path d="M{x(value):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/><text x="{x(value):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{label}</text>')
    for field, factor, label, colour in SERIES:
        points = [(x(r["services"] * r["endpointsPerService"]), y(max(r[field] * factor, 0.1))) for r in results]
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in points]
        parts.append(f'<text x="{points[-1][0] + 10:.1f}" y="{points[-1][1] + 4:.1f}" fill="{colour}">{label}</text>')
    return "\n".join(parts + ["</svg>", ""])


def main(folder, target):
    results = [json.load(open(path, encoding="utf-8")) for path in glob.glob(folder + "/proxy-[0-9]*x10.json")]
    with open(target, "w", encoding="utf-8") as svg:
        svg.write(draw(sorted(results, key=lambda r: r["services"])))


main(*sys.argv[1:])
