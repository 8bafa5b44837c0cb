"""The parts that a page is set from; the template knows these and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Heading:
    """A column's heading with what it means."""

    label: str
    meaning: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """A table of text cells; the first cell of a row names the row."""

    caption: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[str]]
    note: str = ""
    is_dense: bool = False
    is_folded: bool = False
    is_prose: bool = False
    kind: str = field(default="table", init=False)

    @property
    def style(self) -> str:
        """Classes of the style sheet: dense (small figures), named (headings that may wrap), prose (sentences)."""
        classes = {"dense": self.is_dense, "named": not self.headings[-1].label.isdigit(), "prose": self.is_prose}
        return " ".join(name for name, holds in classes.items() if holds)

    @property
    def meanings(self) -> list[Heading]:
        """The headings that need explaining."""
        return [heading for heading in self.headings if heading.meaning]


@dataclass(frozen=True)
class Figure:
    """A chart drawn twice, for a desk and for a phone, with its heading as text and its numbers as tables."""

    title: str
    note: str
    wide: Markup
    narrow: Markup
    tables: Sequence[Table]
    kind: str = field(default="figure", init=False)


@dataclass(frozen=True)
class Pair:
    """Small figures, two side by side where there is room."""

    figures: Sequence[Figure]
    kind: str = field(default="pair", init=False)


@dataclass(frozen=True)
class Tile:
    """A number that opens to its definition and parts."""

    label: str
    value: str
    interval: str
    parts: Sequence[tuple[str, str]]
    is_available: bool = True


@dataclass(frozen=True)
class Tiles:
    """Numbers side by side."""

    tiles: Sequence[Tile]
    kind: str = field(default="tiles", init=False)


@dataclass(frozen=True)
class Terms:
    """A list of words with what each means or holds."""

    terms: Sequence[tuple[str, str]]
    title: str = ""
    is_folded: bool = False
    kind: str = field(default="terms", init=False)


@dataclass(frozen=True)
class Points:
    """A list of sentences under a small heading."""

    title: str
    points: Sequence[str]
    kind: str = field(default="points", init=False)


@dataclass(frozen=True)
class Opener:
    """A sentence with its figure, which opens to what the figure rests on."""

    sentence: str
    figure: str
    parts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Openers:
    """Sentences that open, under a small heading."""

    title: str
    openers: Sequence[Opener]
    kind: str = field(default="openers", init=False)


@dataclass(frozen=True)
class Cards:
    """Short descriptions side by side, such as personas."""

    cards: Sequence[tuple[str, str, Sequence[str]]]
    kind: str = field(default="cards", init=False)


Block = Table | Figure | Pair | Tiles | Terms | Points | Openers | Cards


@dataclass(frozen=True)
class Section:
    """A part of the report: a heading, what was found in plain sentences, and the blocks that show it."""

    key: str
    title: str
    findings: Sequence[str]
    blocks: Sequence[Block]
