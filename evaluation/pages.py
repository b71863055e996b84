"""A report as sections, and how it is written: as Markdown, and as one HTML file without links out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from evaluation.figures import Figure
from evaluation.tables import Table

FIGURE_FOLDER = "figures"
STYLE = """
:root { color-scheme: light; --line: #d9dee3; --soft: #f5f7f8; --ink: #1d2730; --accent: #0b6e4f; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 4rem; color: var(--ink);
  font: 15px/1.6 "Pretendard", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo",
  "Malgun Gothic", sans-serif; word-break: keep-all; }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .5rem;
  border-top: 2px solid var(--accent); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
nav { margin: 1rem 0; padding: .75rem 1rem; background: var(--soft); }
nav a { display: inline-block; margin-right: 1rem; color: var(--accent); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87rem; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
thead th { background: var(--soft); }
.k { white-space: nowrap; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; }
figure svg { max-width: 100%; height: auto; overflow: visible; }
figcaption { color: #55606a; font-size: .87rem; }
@media print { nav { display: none; } h2 { break-after: avoid; } table { font-size: .7rem; } }
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: sentences, bullet points, then tables and figures."""

    title: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A title and its sections; figures have names of their own throughout the report."""

    title: str
    sections: tuple[Section, ...]

    def figures(self) -> Iterator[Figure]:
        """Yield every figure in order."""
        for section in self.sections:
            yield from section.figures


def to_markdown(report: Report) -> str:
    """Return the report as Markdown; its figures are files in FIGURE_FOLDER beside it."""
    parts = [f"# {report.title}\n"]
    for section in report.sections:
        parts.append(f"## {section.title}\n")
        parts += [f"{paragraph}\n" for paragraph in section.paragraphs]
        if section.points:
            parts.append("".join(f"- {point}\n" for point in section.points))
        for table in section.tables:
            parts.append((f"### {table.title}\n\n" if table.title else "") + table.to_markdown())
        parts += [f"![{f.label}]({FIGURE_FOLDER}/{f.name}.svg)\n" for f in section.figures]
    return "\n".join(parts)


def to_html(report: Report) -> str:
    """Return the report as one page that needs nothing from anywhere else."""
    numbered = list(enumerate(report.sections, start=1))
    links = "".join(f'<a href="#s{n}">{escape(section.title)}</a>' for n, section in numbered)
    body = "".join(_section(section, n) for n, section in numbered)
    return (
        '<!DOCTYPE html>\n<html lang="ko">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(report.title)}</h1>\n<nav>{links}</nav>\n{body}</body>\n</html>\n"
    )


def _section(section: Section, number: int) -> str:
    parts = [f'<section>\n<h2 id="s{number}">{escape(section.title)}</h2>\n']
    parts += [f"<p>{_inline(paragraph)}</p>\n" for paragraph in section.paragraphs]
    if section.points:
        parts.append(f"<ul>{''.join(f'<li>{_inline(p)}</li>' for p in section.points)}</ul>\n")
    for table in section.tables:
        parts.append((f"<h3>{escape(table.title)}</h3>\n" if table.title else "") + table.to_html())
    for figure in section.figures:
        named = figure.svg.replace(
            "<svg", f'<svg role="img" aria-label="{escape(figure.label, quote=True)}"', 1
        )
        caption = f"<figcaption>{escape(figure.label)}</figcaption>"
        parts.append(f"<figure>{named}{caption}</figure>\n")
    return "".join([*parts, "</section>\n"])


def _inline(text: str) -> str:
    """Escape a sentence; `words` between backticks are code in both forms."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
