"""Typer's own words, which come in English, said in Korean."""

import re
from typing import Any

from typer import rich_utils
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

_SENTENCES = {
    "MissingParameter": "필요한 값이 빠졌습니다",
    "NoSuchOption": "없는 옵션입니다",
    "NoSuchCommand": "없는 명령입니다",
    "BadParameter": "값이 올바르지 않습니다",
    "BadOptionUsage": "옵션을 잘못 썼습니다",
    "BadArgumentUsage": "인자를 잘못 썼습니다",
    "UsageError": "명령을 이해하지 못했습니다",
}


class KoreanCommand(TyperCommand):
    """A command whose help is Korean throughout."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return `--help`, described in Korean."""
        return _in_korean(super().get_help_option(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line under a Korean title."""
        _write_usage(self, ctx, formatter)


class KoreanGroup(TyperGroup):
    """The program itself: its help is Korean throughout."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return `--help`, described in Korean."""
        return _in_korean(super().get_help_option(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line under a Korean title."""
        _write_usage(self, ctx, formatter)


def speak_korean() -> None:
    """Replace the titles that typer keeps in its module."""
    rich_utils.ARGUMENTS_PANEL_TITLE = "인자"
    rich_utils.OPTIONS_PANEL_TITLE = "옵션"
    rich_utils.COMMANDS_PANEL_TITLE = "명령"
    rich_utils.DEFAULT_STRING = "[기본값: {}]"
    rich_utils.REQUIRED_LONG_STRING = "[필수]"


def usage_sentence(error: TyperException) -> str:
    """Return one Korean sentence for a command line that typer could not read."""
    kinds = (_SENTENCES[k.__name__] for k in type(error).__mro__ if k.__name__ in _SENTENCES)
    kind = next(kinds, "명령을 이해하지 못했습니다")
    names = dict.fromkeys(re.findall(r"'([^']+)'", error.format_message()))
    told = f": {', '.join(names)}" if names else ""
    return f"{kind}{told}. `--help`로 쓰는 법을 볼 수 있습니다."


def _in_korean(option: Any) -> Any:
    if option is not None:
        option.help = "이 도움말을 보이고 끝냅니다."
    return option


def _write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    pieces = " ".join(command.collect_usage_pieces(ctx))
    pieces = pieces.replace("[OPTIONS]", "[옵션]").replace("COMMAND [ARGS]", "명령 [인자]")
    formatter.write_usage(ctx.command_path, pieces, prefix="사용법: ")
