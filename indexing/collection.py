"""Texts under outside ids, searchable by meaning and by words: what `matcher` calls a Retriever."""

import unicodedata
from collections.abc import Collection as Ids
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexing.analyzer import Analyzer
from indexing.dense import DenseIndex
from indexing.encoder import Encoder, Vectors
from indexing.lexical import LexicalIndex
from indexing.sounds import SoundIndex
from indexing.translations import Wording
from matcher.progress import Progress, silent
from matcher.ranking import Evidence, QueryEvidence

SECTOR = "§"
"""Stands before a sector among the names of concepts; no term begins with it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A text to search with: its terms, what may stand for each, its concepts, its vector (dimension,)."""

    terms: list[str]
    words: list[Wording]
    concepts: list[Wording]
    vector: Vectors


class Collection:
    """A dense index and two lexical ones, of words and of concepts, over the same ids."""

    def __init__(
        self,
        dense: DenseIndex,
        lexical: LexicalIndex,
        concepts: LexicalIndex,
        encoder: Encoder,
        analyzer: Analyzer,
    ) -> None:
        """Put together what `build_collection` made or a snapshot holds."""
        self.dense = dense
        self.lexical = lexical
        self.concepts = concepts
        self._encoder = encoder
        self._analyzer = analyzer
        self._heard = self.sound_index(lexical.vocabulary)

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.lexical)

    def evidence(self, text: str, k: int, allowed: Ids[str] | None = None) -> QueryEvidence:
        """Return what each source says of the best `k` of any; exact for each candidate."""
        if not len(self) or (allowed is not None and not allowed):
            return QueryEvidence({}, self.lexical.agreement(self._analyzer.terms(text)))
        return self.answer(self.ask(text), k, allowed)

    def ask(self, text: str, added: SoundIndex | None = None) -> Question:
        """Return a text as both kinds of index are asked for it.

        added: the words of texts that are laid over this collection.
        """
        terms = self._analyzer.terms(text)
        return Question(
            terms,
            self.wordings(terms, added),
            [Wording(name) for name in concept_names(self._analyzer, text)],
            encode_query(self._encoder, text),
        )

    def sound_index(self, vocabulary: Iterable[str]) -> SoundIndex:
        """Return words that can be asked for what sounds like them."""
        return SoundIndex(vocabulary, self._analyzer.sounds)

    def wordings(self, terms: Sequence[str], added: SoundIndex | None = None) -> list[Wording]:
        """Return each term with what may stand for it, in the order of the terms.

        Those are its translations; where no text here has one, also what its relatives say and what sounds
        like the term.
        """
        table, relatives = self._analyzer.translations, self._analyzer.relatives
        words = []
        for term in terms:
            said = table.of(term)
            if not any(form in self.lexical for form in said):
                further = added.of(term) if added is not None else {}
                said = {**further, **self._heard.of(term), **relatives.of(term), **said}
            words.append(Wording(term, said))
        return words

    def answer(self, question: Question, k: int, allowed: Ids[str] | None = None) -> QueryEvidence:
        """Return what each source says of the best `k` of any; exact for each candidate."""
        words, concepts, query = question.words, question.concepts, question.vector
        agreement = self.lexical.agreement(question.terms)
        if not len(self) or (allowed is not None and not allowed):
            return QueryEvidence({}, agreement)
        heard, shared = self.lexical.coverage(words), self.concepts.coverage(concepts)
        candidates = dict.fromkeys(
            [
                *self.dense.search(query, k, allowed).ids(),
                *self.lexical.best(heard, k, allowed).ids(),
                *self.concepts.best(shared, k, allowed).ids(),
            ]
        )
        similarity = self.dense.similarities(query, candidates)
        coverage = self.lexical.named(heard, candidates)
        named = self.concepts.named(shared, candidates)
        return QueryEvidence(
            {
                id: Evidence(similarity.get(id, -1.0), coverage.get(id, 0.0), named.get(id, 0.0))
                for id in candidates
            },
            agreement,
        )


def encode_query(encoder: Encoder, text: str) -> Vectors:
    """Return one vector (dimension,); a text longer than a passage is the mean of its pieces, and as
    long as they are.
    """
    text = unicodedata.normalize("NFC", text)
    pieces = [text[start:end] for start, end in encoder.passages(text)]
    vectors = encoder.encode(pieces, "query")
    mean: Vectors = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    pieces_length = float(np.linalg.norm(vectors, axis=1).mean())
    return mean * np.float32(pieces_length / length) if length else mean


def build_collection(
    texts: Mapping[str, str], encoder: Encoder, analyzer: Analyzer, progress: Progress = silent
) -> Collection:
    """Analyse, cut, encode and index `texts` (id to text); slow, in memory."""
    ids = list(texts)
    terms: list[list[str]] = []
    concepts: list[list[str]] = []
    for done, raw in enumerate(texts.values(), start=1):
        text = unicodedata.normalize("NFC", raw)
        terms.append(analyzer.terms(text))
        concepts.append(concept_names(analyzer, text))
        if done % 200 == 0 or done == len(texts):
            progress("형태소 분석", done, len(texts))
    return Collection(
        build_dense(texts, encoder, progress),
        LexicalIndex.build(ids, terms),
        LexicalIndex.build(ids, concepts, k1=0.0),
        encoder,
        analyzer,
    )


def build_dense(
    texts: Mapping[str, str], encoder: Encoder, progress: Progress = silent
) -> DenseIndex:
    """Cut and encode `texts` (id to text) and index their passages; slow, in memory."""
    cuts = [(id, passage) for id, text in texts.items() for passage in cut(text, encoder)]
    vectors = encoder.encode([passage for _, passage in cuts], "passage", progress)
    return DenseIndex.build([id for id, _ in cuts], vectors)


def cut(text: str, encoder: Encoder) -> list[str]:
    """Return the passages of a text as they are encoded."""
    text = unicodedata.normalize("NFC", text)
    return [text[start:end].strip() for start, end in encoder.passages(text)]


def concept_names(analyzer: Analyzer, text: str) -> list[str]:
    """Return each concept of a text once, naming it twice says no more, and the sectors they are of.

    A text that names another term of the same sector agrees a little: how much, its idf says.
    """
    names = [token.form for token in analyzer.concepts(text)]
    sectors = [f"{SECTOR}{token.form}" for token in analyzer.fields(text)]
    return list(dict.fromkeys([*names, *sectors]))
