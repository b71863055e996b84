"""A picture of the offerings: their embeddings in two dimensions, likes beside likes.

t-SNE (van der Maaten and Hinton 2008) keeps neighbours together and says nothing of far distances;
axes have no meaning. A text that was not there when the picture was drawn stands in the
middle of its nearest neighbours in the full space.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.collection import Collection

MOST_POINTS = 2_000
"""Offerings that are drawn; of more, a sample by the digest of their ids, the same each time."""
NEIGHBOURS = 5
PERPLEXITY = 30.0
SEED = 17
Plane = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Projection:
    """Places (x, y) of offerings by key, each coordinate in 0..1; total: how many there are in all."""

    places: Mapping[str, tuple[float, float]]
    total: int

    def place_of(self, likeness: Mapping[str, float]) -> tuple[float, float] | None:
        """Return where a text stands, given how like it drawn offerings are; None where none is known.

        That is among its nearest: the median of their places, which one that lies far off does not move.
        """
        known = sorted((s, key) for key, s in likeness.items() if key in self.places)[::-1]
        if not known:
            return None
        points = np.asarray([self.places[key] for _, key in known[:NEIGHBOURS]])
        x, y = np.median(points, axis=0)
        return float(x), float(y)


def project(collection: Collection) -> Projection:
    """Draw up to MOST_POINTS texts of a collection; some seconds for the most."""
    owners = list(dict.fromkeys(collection.dense.owners))
    chosen = sorted(owners, key=_digest)[:MOST_POINTS]
    if not chosen:
        return Projection({}, 0)
    vectors = collection.dense.mean_vectors(chosen)
    places = _scaled(_flat(np.asarray(vectors, dtype=np.float64)))
    pairs = zip(chosen, places.tolist(), strict=True)
    return Projection({key: (x, y) for key, (x, y) in pairs}, len(owners))


def _flat(vectors: Plane) -> Plane:
    from sklearn.manifold import TSNE

    n = len(vectors)
    if n <= 4:  # too few to have neighbourhoods
        return np.asarray([[float(i), 0.0] for i in range(n)])
    model = TSNE(
        n_components=2,
        perplexity=min(PERPLEXITY, (n - 1) / 3),
        init="pca",
        metric="cosine",
        random_state=SEED,
    )
    return np.asarray(model.fit_transform(vectors), dtype=np.float64)


def _scaled(points: Plane) -> Plane:
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.where(high > low, high - low, 1.0)
    return np.asarray((points - low) / size, dtype=np.float64)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
