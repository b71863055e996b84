import re
from importlib import resources

import babel
import pytest
from babel import Locale
from babel.core import get_global

from matcher.vocabulary import (
    Place,
    certificate_name,
    certificate_satisfies,
    certificates,
    cities,
    countries,
    country_code,
    country_label,
    find_certificate,
    fold,
    guess_language,
    language_code,
    language_label,
    languages,
    parse_place,
    project_type,
    project_type_label,
    project_types,
    sector_codes,
    sector_label,
    sectors,
)

NOT_ISO_3166 = {
    "AC",
    "CP",
    "CQ",
    "DG",
    "EA",
    "EU",
    "EZ",
    "IC",
    "QO",
    "TA",
    "UN",
    "XA",
    "XB",
    "XK",
    "ZZ",
}
NOT_ISO_639 = {"sh"}


def test_countries_are_those_of_the_installed_cldr_with_its_labels() -> None:
    korean, english = Locale("ko").territories, Locale("en").territories
    codes = {str(code) for code in english if re.fullmatch("[A-Z]{2}", str(code))} - NOT_ISO_3166

    assert len(codes) == 249
    assert {c.code: (c.ko, c.en) for c in countries().values()} == {
        code: (korean[code], english[code]) for code in codes
    }


def test_alpha_3_codes_are_those_of_cldr_and_unique() -> None:
    two_letters = get_global("territory_aliases")

    assert len({country.alpha3 for country in countries().values()}) == 249
    for country in countries().values():
        assert two_letters[country.alpha3][0] == country.code


def test_languages_are_those_of_the_installed_cldr_with_its_labels() -> None:
    korean, english = Locale("ko").languages, Locale("en").languages
    codes = {str(code) for code in english if re.fullmatch("[a-z]{2}", str(code))} - NOT_ISO_639

    assert len(codes) == 183
    assert {c.code: (c.ko, c.en) for c in languages().values()} == {
        code: (korean[code], english[code]) for code in codes
    }


@pytest.mark.parametrize("name", ["countries.tsv", "languages.tsv"])
def test_a_table_from_cldr_cites_the_installed_babel(name: str) -> None:
    table = resources.files("matcher").joinpath("tables", name).read_text(encoding="utf-8")

    assert f"Babel {babel.__version__} (Unicode CLDR)" in table.split("\n")[0]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("countries.tsv", ("code", "alpha3", "ko", "en", "aliases")),
        ("languages.tsv", ("code", "alpha3", "ko", "en", "aliases")),
        ("certificates.tsv", ("name", "en", "aliases")),
        ("project_types.tsv", ("code", "ko", "en", "aliases")),
    ],
)
def test_no_name_in_a_table_means_two_things(name: str, columns: tuple[str, ...]) -> None:
    table = resources.files("matcher").joinpath("tables", name).read_text(encoding="utf-8")
    lines = [line.split("\t") for line in table.split("\n") if line and line[0] != "#"]
    head, rows = lines[0], lines[1:]

    owners: dict[str, str] = {}
    for row in rows:
        for column in columns:
            for alias in row[head.index(column)].split("|"):
                if alias:
                    assert owners.setdefault(fold(alias), row[0]) == row[0], alias


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("베트남", "VN"),
        ("월남", "VN"),
        ("Viet Nam", "VN"),
        ("Việt Nam", "VN"),
        ("vnm", "VN"),
        ("vn", "VN"),
        ("인니", "ID"),
        ("말련", "MY"),
        ("ＵＡＥ", "AE"),
        ("아랍에미리트", "AE"),
        ("Côte d’Ivoire", "CI"),
        ("COTE D'IVOIRE", "CI"),
        ("Congo, Dem. Rep.", "CD"),
        ("Lao PDR", "LA"),
        ("터키", "TR"),
        ("홍콩", "HK"),
        ("한국", "KR"),
        ("보스니아·헤르체고비나", "BA"),
        ("화성", None),
        ("동남아", None),
        ("-", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_many_names(text: str, code: str | None) -> None:
    assert country_code(text) == code


def test_every_country_is_found_under_its_own_labels() -> None:
    for code, country in countries().items():
        assert {country_code(n) for n in (code, country.alpha3, country.ko, country.en)} == {code}


def test_labels_come_in_korean_and_english_and_unknown_codes_as_they_are() -> None:
    assert (country_label("MA"), country_label("ma", "en")) == ("모로코", "Morocco")
    assert (language_label("vi"), language_label("vi", "en")) == ("베트남어", "Vietnamese")
    assert (sector_label("water"), sector_label("water", "en")) == (
        "물·수처리",
        "Water and water treatment",
    )
    assert (country_label("QQ"), language_label("qq"), sector_label("x")) == ("QQ", "qq", "x")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("베트남(박닌성)", Place("VN", "박닌성")),
        ("베트남 （박닌）", Place("VN", "박닌성")),
        ("베트남 박닌성", Place("VN", "박닌성")),
        ("박닌성(베트남)", Place("VN", "박닌성")),
        ("Bac Ninh, Viet Nam", Place("VN", "박닌성")),
        ("Bắc Ninh", Place("VN", "박닌성")),
        ("중국(북경)", Place("CN", "베이징")),
        ("北京", Place("CN", "베이징")),
        ("UAE 두바이", Place("AE", "두바이")),
        ("Kuala Lumpur", Place("MY", "쿠알라룸푸르")),
        ("모로코(아가디르)", Place("MA", "아가디르")),
        ("모로코", Place("MA", None)),
        ("South Korea", Place("KR", None)),
        ("홍콩(중국 특별행정구)", Place("HK", None)),
        ("화성(올림푸스)", Place(None, None)),
        ("", Place(None, None)),
    ],
)
def test_a_place_is_a_country_and_a_city(text: str, place: Place) -> None:
    assert parse_place(text) == place


def test_every_city_names_its_country_alone_and_in_brackets() -> None:
    assert len(cities()) >= 80
    for city in cities():
        place = Place(city.country, city.ko)
        assert parse_place(f"{country_label(city.country, 'en')}({city.en})") == place
        assert parse_place(city.ko) == parse_place(city.en) == place


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("영어", "en"),
        ("인니어", "id"),
        ("베트남어", "vi"),
        ("불어", "fr"),
        ("KOR", "ko"),
        ("zh-CN", "zh"),
        ("Bahasa Indonesia", "id"),
        ("말레이시아어", "ms"),
        ("클링온어", None),
    ],
)
def test_a_language_is_known_by_many_names(text: str, code: str | None) -> None:
    assert language_code(text) == code


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("폐플라스틱 열분해 plant", "ko"),
        ("水処理の装置を探しています", "ja"),
        ("室内空气净化技术", "zh"),
        ("Xử lý nước thải công nghiệp", "vi"),
        ("معالجة المياه", "ar"),
        ("очистка воды", "ru"),
        ("Ус цэвэршүүлэх төхөөрөмж", None),
        ("تصفیه آب چ", None),
        ("Waste treatment plant in Bắc Ninh province, northern region", None),
        ("Pollution de l’air à Hanoï", None),
        ("2026-07-31", None),
        ("", None),
    ],
)
def test_the_script_gives_a_language_away_or_says_nothing(text: str, language: str | None) -> None:
    assert guess_language(text) == language


def test_there_are_twelve_sectors_and_the_first_seven_are_those_of_seoul() -> None:
    table = list(sectors().values())

    assert [sector.is_seoul7 for sector in table] == [True] * 7 + [False] * 5
    assert [sector.ko for sector in table[:7]] == [
        *("신재생에너지", "LED", "그린카", "녹색건축", "녹색서비스", "그린IT", "도시자원순환")
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("도시자원순환", ("urban_resource",)),
        ("물·수처리", ("water",)),
        ("친환경 소재·생활용품", ("eco_product",)),
        ("물·수처리; 대기·공기질", ("water", "air")),
        ("그린 IT / LED", ("green_it", "led")),
        ("그린 IT(에너지 저감, 관리기술)", ("green_it",)),
        ("Water, Sanitation and Waste Management", ("water", "urban_resource")),
        ("건물", ()),
        ("은행 및 저축기관", ()),
        ("", ()),
    ],
)
def test_a_text_may_name_several_sectors_or_none(text: str, codes: tuple[str, ...]) -> None:
    assert sector_codes(text) == codes


def test_every_sector_and_project_type_is_found_under_its_own_labels() -> None:
    for code, sector in sectors().items():
        assert sector_codes(sector.ko) == sector_codes(sector.en) == sector_codes(code) == (code,)
    for code, kind in project_types().items():
        assert project_type(kind.ko) == project_type(kind.en) == project_type(code) == code
    assert len(project_types()) == 11


def test_the_second_scheme_holds_the_four_climate_technologies() -> None:
    labels = {code: sector.ko for code, sector in sectors("climate38").items()}

    assert labels == {"15": "폐자원", "19": "건물효율", "20": "CO2 포집·저장·활용", "32": "물"}
    assert sector_codes("15 폐자원", "climate38") == ("15",)
    assert sector_label("32", scheme="climate38") == "물"


def test_project_types_know_aliases_and_have_labels() -> None:
    assert project_type("교육") == "capacity_building"
    assert project_type_label("capacity_building") == "역량강화(교육)"
    assert project_type("잔치") is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("녹색기술 인증", "녹색기술인증"),
        ("녹색인증(기술)", "녹색기술인증"),
        ("녹색기술인증(GT-12-0012)", "녹색기술인증"),
        ("환경마크", "환경표지"),
        ("EM", "환경표지"),
        ("GR 우수재활용", "GR"),
        ("ISO14001:2015", "ISO 14001"),
        ("ＩＳＯ 9001", "ISO 9001"),
        ("CE 인증서", "CE"),
        ("특허  제10-1호", "특허 제10-1호"),
    ],
)
def test_a_certificate_has_one_canonical_name(text: str, name: str) -> None:
    assert certificate_name(text) == name


def test_only_a_whole_name_is_a_known_certificate() -> None:
    assert find_certificate("NET") == "NET"
    assert find_certificate("NET(제12호)") is None


@pytest.mark.parametrize(
    "held", ["녹색기술인증", "녹색사업인증", "녹색전문기업확인", "녹색기술제품 확인", "녹색인증"]
)
def test_any_green_certificate_meets_the_generic_one(held: str) -> None:
    assert certificate_satisfies(held, "녹색인증")


@pytest.mark.parametrize(
    ("held", "required"),
    [
        ("녹색인증", "녹색기술인증"),
        ("녹색기술인증", "녹색기술제품확인"),
        ("ISO 9001", "ISO 14001"),
        ("CE", ""),
        ("", ""),
    ],
)
def test_a_certificate_does_not_meet_another_one(held: str, required: str) -> None:
    assert not certificate_satisfies(held, required)


def test_unknown_certificates_are_compared_by_their_folded_names() -> None:
    assert certificate_satisfies("물산업 우수 인증", "물산업우수인증")


def test_validity_periods_and_what_is_implied_are_data() -> None:
    table = certificates()

    assert table["환경표지"].validity_years == 3
    assert table["GR"].validity_years == 4
    assert (table["NEP"].validity_years, table["NEP"].renewal_years) == (3, 3)
    assert table["CE"].validity_years is None
    for certificate in table.values():
        assert set(certificate.implies) <= set(table)
