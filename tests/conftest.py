"""Fixtures that are slow to make and safe to share: the real analyzer and the real encoder."""

import os
from pathlib import Path

import platformdirs
import pytest

from indexing.analyzer import Analyzer, open_analyzer
from indexing.encoder import SentenceEncoder, open_encoder


@pytest.fixture(scope="session")
def mecab() -> Analyzer:
    return open_analyzer("mecab")


@pytest.fixture(scope="session")
def user_cache() -> Path:
    """Where the product keeps the model, so that a machine builds its 470 MB once."""
    named = os.environ.get("GREENMATCH_CACHE", "").strip()
    return Path(named or platformdirs.user_cache_path("greenmatch")).expanduser().absolute()


@pytest.fixture(scope="session")
def real_encoder(user_cache: Path) -> SentenceEncoder:
    return open_encoder(None, user_cache, "openvino")
