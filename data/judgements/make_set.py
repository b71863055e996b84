"""Put a matching set together from the judgements here and the real records they name.

Run: python data/judgements/make_set.py REAL OUT
REAL holds needs_worldbank.jsonl and companies_krx.jsonl, which are not part of this repository.
"""

import argparse
import json
import shutil
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Write companies.jsonl, needs.jsonl and qrels.tsv into OUT."""
    parser = argparse.ArgumentParser(description="판정과 실제 자료로 평가 폴더를 만듭니다.")
    parser.add_argument(
        "real", type=Path, help="needs_worldbank.jsonl과 companies_krx.jsonl이 있는 폴더"
    )
    parser.add_argument("out", type=Path, help="만들 폴더")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    judgements = HERE / "worldbank_krx.tsv"
    judged = {line.split("\t")[0] for line in judgements.read_text(encoding="utf-8").splitlines()}
    needs = [
        line
        for line in (arguments.real / "needs_worldbank.jsonl").read_text("utf-8").splitlines()
        if json.loads(line)["need_id"] in judged
    ]
    (arguments.out / "needs.jsonl").write_text("\n".join(needs) + "\n", encoding="utf-8")
    shutil.copy(arguments.real / "companies_krx.jsonl", arguments.out / "companies.jsonl")
    shutil.copy(judgements, arguments.out / "qrels.tsv")
    print(f"수요 {len(needs)}건을 {arguments.out}에 두었습니다.")


if __name__ == "__main__":
    main()
