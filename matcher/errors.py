"""Every error that GreenMatch raises on purpose.

GreenMatchError                 a sentence for people (Korean) and a stable code for programs
├── InvalidRecord               a record cannot be built: which field, which value, what to do
├── UnreadableFile              a file cannot be read at all
├── UnknownId                   no such company, need or offering in the store
├── InvalidRequest              a request that makes no sense (no text, k out of range, unknown filter)
├── SnapshotMissing             no usable index: which command builds it
├── SnapshotMismatch            index and model/analyzer/file contents do not agree
├── ModelUnavailable            the encoder cannot be built or loaded
├── AnalyzerUnavailable         the morpheme analyzer cannot be loaded
└── StoreUnavailable            the database cannot be opened or is of another version

Bad rows, refusals and missing conditions are values, not errors: see `records` and `matching`.
"""


class GreenMatchError(Exception):
    """Base: `code` is stable for programs, `str(error)` is one Korean sentence for people."""

    code = "greenmatch_error"

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts


class InvalidRecord(GreenMatchError):
    """A record's field breaks its rule; `facts` holds field and value."""

    code = "invalid_record"

    def __init__(self, sentence: str, *, field: str, value: object = None) -> None:
        super().__init__(sentence, field=field, value=value)
        self.field = field
        self.value = value


class UnreadableFile(GreenMatchError):
    """A file cannot be read at all: wrong format, encoding, no header row, empty."""

    code = "unreadable_file"


class UnknownId(GreenMatchError):
    """No such record in the store."""

    code = "unknown_id"


class InvalidRequest(GreenMatchError):
    """A request that makes no sense as it stands."""

    code = "invalid_request"


class SnapshotMissing(GreenMatchError):
    """There is no usable index yet; the sentence names the command that builds one."""

    code = "snapshot_missing"


class SnapshotMismatch(GreenMatchError):
    """The index on disk was made by another model or analyzer, or its bytes have changed."""

    code = "snapshot_mismatch"


class ModelUnavailable(GreenMatchError):
    """The encoder's model cannot be found, built or loaded."""

    code = "model_unavailable"


class AnalyzerUnavailable(GreenMatchError):
    """The morpheme analyzer cannot be loaded; there is no silent fallback."""

    code = "analyzer_unavailable"


class StoreUnavailable(GreenMatchError):
    """The database cannot be opened or has an unknown version."""

    code = "store_unavailable"
