import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.part_sentences import all_sentences
from matcher.parts import MOST_PARTS, split_parts
from matcher.records import Need

PIECES = st.sampled_from(
    [
        "빗물 ",
        " ",
        "\n",
        "1) ",
        "2. ",
        "3)",
        "①",
        "②",
        "가. ",
        "나. ",
        "(a) ",
        "○ ",
        "- ",
        ", ",
        "은 ",
        " 등",
        "; and ",
        "أولا: ",
        "ثانيا: ",
        "policy",
        ".",
        "2026. 1. 2. ",
        "3.2",
        "등. ",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=25).map("".join))


def need(text: str) -> Need:
    return Need("N", "", text)


def part_texts(text: str) -> list[str]:
    return [item.part.text for item in split_parts(need(text))]


MOROCCO = {
    "ko, a bare list": (
        "녹색성장 이행계획 수립 지원, 녹색성장 전문교육, 폐기물처리",
        ["녹색성장 이행계획 수립 지원", "녹색성장 전문교육", "폐기물처리"],
    ),
    "ko": (
        "□ 모로코는 아래 사항에 대한 협력을 요청함\n ○ 녹색성장 이행계획 수립 지원\n"
        " ○ 녹색성장 전문교육\n ○ 폐기물처리\n※ 분야별로 별도 기업을 선정할 수 있음",
        ["녹색성장 이행계획 수립 지원", "녹색성장 전문교육", "폐기물처리"],
    ),
    "fr": (
        "Le Maroc sollicite un appui portant sur trois volets :\n"
        "1) l’accompagnement à l’élaboration du plan ;\n2) la formation spécialisée ; et\n"
        "3) le traitement des déchets.\nChaque volet peut être confié à une entreprise.",
        [
            "l’accompagnement à l’élaboration du plan",
            "la formation spécialisée",
            "le traitement des déchets",
        ],
    ),
    "ar": (
        "يطلب المغرب التعاون في المجالات الثلاثة التالية:\nأولا: دعم إعداد خطة التنفيذ؛\n"
        "ثانيا: التكوين المتخصص؛\nثالثا: معالجة النفايات.\nويمكن إسناد كل مجال إلى شركة.",
        ["دعم إعداد خطة التنفيذ", "التكوين المتخصص", "معالجة النفايات"],
    ),
}


@pytest.mark.parametrize("language", MOROCCO)
def test_the_morocco_need_has_three_parts_in_each_language(language):
    text, parts = MOROCCO[language]

    assert part_texts(text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1) 이행계획 2) 전문교육 3) 폐기물처리", ["이행계획", "전문교육", "폐기물처리"]),
        ("필요한 것은 (1) 설치, (2) 운영. 그 밖은 없음", ["설치", "운영"]),
        ("① 소각로 설치\n② 매립지 정비", ["소각로 설치", "매립지 정비"]),
        ("가. 소각로 설치\n나. 매립지 정비", ["소각로 설치", "매립지 정비"]),
        ("a) waste treatment; and\nb) training.", ["waste treatment", "training"]),
        (
            "수요 기술은 공기청정, 친환경 소재, 녹색 생활용품 등임",
            ["공기청정", "친환경 소재", "녹색 생활용품"],
        ),
    ],
)
def test_lists_are_read_as_public_texts_write_them(text, parts):
    assert part_texts(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "□ 배경\n ㅇ 인구가 늘어남\n□ 사업내용\n ㅇ 정수장 증설\n ㅇ 관로 교체\n□ 기대효과\n ㅇ 누수 감소",
        "○ 국가: 가나\n○ 요청내용: 정수장 증설, 관로 교체\n - 정수장 증설\n - 관로 교체\n○ 예산: 미정",
        "ㅇ 1단계(’26년) : 정수장 증설\nㅇ 2단계(’27년) : 관로 교체",
        "[수요1] 정수장 증설\n[수요2] 관로 교체",
        "Ⅰ. 정수장 증설\nⅡ. 관로 교체",
        "o 정수장 증설\no 관로 교체",
        "ㅇ (정수) 정수장 증설\nㅇ (관로) 관로 교체",
        "물 : 정수장 증설\n도로 : 관로 교체",
        "<물> 정수장 증설\n<도로> 관로 교체",
        "| 번호 | 품목 | 수량 |\n|---|---|---|\n| 1 | 정수장 증설 | 2 |\n| 2 | 관로 교체 | 3 |",
        "1\t물\t정수장 증설\n2\t도로\t관로 교체",
        "필요한 기술은 다음과 같습니다.\n정수장 증설\n관로 교체",
        "1. 정수장 증설 - 하루 3만 톤으로 늘리는 사업\n2. 관로 교체: 시내의 낡은 관을 바꾼다.",
        "요청 분야: ○ 정수장 증설 ○ 관로 교체",
        "□ 요청사항\n ㅇ 정수장 증설, 관로 교체",
        "정수장 증설과 더불어 관로 교체가 필요함",
        "시는 정수장 증설은 물론 관로 교체까지 원함",
        "시는 정수장 증설 및 관로 교체를 요청함",
        "두 건을 제안함: 정수장 증설과 관로 교체.",
        "물 부문은 정수장 증설, 도로 부문은 관로 교체가 시급하다.",
        "북구에서는 정수장 증설을, 남구에서는 관로 교체를 요청함",
        "하나, 정수장 증설. 둘, 관로 교체.",
        "첫째로 정수장 증설, 둘째로 관로 교체를 요청함.",
        "- 구매처 A사: 정수장 증설\n- 구매처 B사: 관로 교체",
        "ㅇ 사업 1 : 정수장 증설\n  - 위치 : 동구\nㅇ 사업 2 : 관로 교체\n  - 위치 : 서구",
    ],
)
def test_a_list_is_found_in_many_a_form(text):
    assert part_texts(text) == ["정수장 증설", "관로 교체"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "노후 시내버스에 달 매연저감장치와 시 전역에 놓을 간이측정망을 함께 도입하려 한다.",
            ["노후 시내버스에 달 매연저감장치", "시 전역에 놓을 간이측정망"],
        ),
        (
            "수해가 잦은 상황이며, 이동식 배수 펌프와 강변 수위 경보기, 관로 점검 로봇에 관심을 보였다.",
            ["이동식 배수 펌프", "강변 수위 경보기", "관로 점검 로봇"],
        ),
        (
            "군은 폐교 옥상 태양광 설치에 큰 관심을 표명하였고, 축분 고형연료화 기술의 소개를 부탁하였음.",
            ["폐교 옥상 태양광 설치", "축분 고형연료화 기술의 소개"],
        ),
        (
            "시청에서는 급식실 조리흄 저감이 가장 급하며, 보건소는 멸균기 구매를 검토 중이다.",
            ["급식실 조리흄 저감", "보건소는 멸균기 구매"],
        ),
        (
            "농민회와의 간담회에서 저온저장고 태양광 설치, 폐영농자재 수거 체계 구축, 관수 교육이 논의되었다.",
            ["저온저장고 태양광 설치", "폐영농자재 수거 체계 구축", "관수 교육"],
        ),
        (
            "마을 어촌계가 폐어구를 되살리는 사업과 냉동고를 바꾸는 사업을 따로 추진하려고 한다.",
            ["마을 어촌계가 폐어구를 되살리는 사업", "냉동고를 바꾸는 사업"],
        ),
        (
            "① 강릉: 하천 쓰레기 수거\n② 목포: 침출수 처리\n③ 안동: 전기버스 보급",
            ["하천 쓰레기 수거", "침출수 처리", "전기버스 보급"],
        ),
        (
            "수요기관: 유산관리소\n수요내용: 다회용기 세척 시스템 도입, 유적지 전기셔틀 운행",
            ["다회용기 세척 시스템 도입", "유적지 전기셔틀 운행"],
        ),
        (
            "생산수를 처리하여 재주입하는 기술, 오염토양을 정화하는 기술",
            ["생산수를 처리하여 재주입하는 기술", "오염토양을 정화하는 기술"],
        ),
        (
            "ㅁ 협의 의제\n - 염해 대응 벼 재배 컨설팅\n - 축산분뇨 바이오가스화\nㅁ 참석자: 국장 등 5명",
            ["염해 대응 벼 재배 컨설팅", "축산분뇨 바이오가스화"],
        ),
        (
            "숙소 중수도 설치, 건설폐기물 골재 생산, 토양개량제 공급이 당면 수요임",
            ["숙소 중수도 설치", "건설폐기물 골재 생산", "토양개량제 공급"],
        ),
        (
            "1/ forages solaires\n2/ latrines\n3/ compostage",
            ["forages solaires", "latrines", "compostage"],
        ),
        (
            "Dust suppression on roads and a screening programme for residents are both needed.",
            ["Dust suppression on roads", "a screening programme for residents"],
        ),
        (
            "园区拟引进光伏储能系统、污泥干化设备，并开展碳管理培训。",
            ["园区拟引进光伏储能系统", "污泥干化设备", "并开展碳管理培训"],
        ),
        (
            "바이어 A: 태양광 가로등 500기\n바이어 B: 친환경 일회용 종이컵",
            ["태양광 가로등 500기", "친환경 일회용 종이컵"],
        ),
        (
            "해수담수화 설비 도입, 폐수 처리기술 이전과 함께 재생에너지 정책 수립 지원을 요청하였다.",
            ["해수담수화 설비 도입", "폐수 처리기술 이전", "재생에너지 정책 수립 지원"],
        ),
        (
            "대기오염 예보시스템 구축 및 농업 폐기물 소각 대체 기술 보급",
            ["대기오염 예보시스템 구축", "농업 폐기물 소각 대체 기술 보급"],
        ),
        (
            "We need an electric ropeway for goods, and technical advice on stabilising the slope.",
            ["an electric ropeway for goods", "technical advice on stabilising the slope"],
        ),
        (
            "The port plans to electrify its cranes as well as replace the old lamps on the quay.",
            ["electrify its cranes", "replace the old lamps on the quay"],
        ),
        (
            "▶ 섬유 A사: 염색 폐수 색도 제거\n▶ 도금 B사: 세척수 재이용 설비",
            ["염색 폐수 색도 제거", "세척수 재이용 설비"],
        ),
        (
            "학교에 앱을 보급하고, 급식실에 조리설비를 설치하며, 지붕에 집수시설을 갖춘다.",
            ["학교에 앱을 보급", "급식실에 조리설비를 설치", "지붕에 집수시설을 갖춘다"],
        ),
        (
            "우리 시는 태양광 가로등이 필요합니다. 그리고 상류의 수질을 재는 센서도 찾고 있습니다.",
            ["태양광 가로등", "상류의 수질을 재는 센서"],
        ),
        (
            "상류의 수질을 재는 센서를 제안하였다. 이와 더불어 시장에 놓을 소각로를 소개받고 싶다.",
            ["상류의 수질을 재는 센서", "시장에 놓을 소각로"],
        ),
        (
            "가로등 200개, 수질센서 15대, 소각로 1기를 구매함",
            ["가로등 200개", "수질센서 15대", "소각로 1기"],
        ),
        (
            "Partners are invited for treatment of effluent; recovery of heat; and audits of energy.",
            ["treatment of effluent", "recovery of heat", "audits of energy"],
        ),
        (
            "We offer two lots: a treatment unit for the landfill and an app for citizens.",
            ["a treatment unit for the landfill", "an app for citizens"],
        ),
        (
            "In addition to a plant for the abattoir, we require a green roof for the market.",
            ["a plant for the abattoir", "a green roof for the market"],
        ),
        (
            "The abattoir requires a wastewater plant, while the market hall seeks a green roof.",
            ["a wastewater plant", "a green roof"],
        ),
        (
            "Ban quản lý tìm đối tác lắp hệ thống năng lượng và cung cấp thiết bị lọc khí;"
            " ngoài ra còn cần dịch vụ kiểm kê khí nhà kính.",
            [
                "lắp hệ thống năng lượng",
                "cung cấp thiết bị lọc khí",
                "dịch vụ kiểm kê khí nhà kính",
            ],
        ),
        (
            "Kota akan memasang sensor udara, memperbaiki pipa air, dan membangun biogas pasar.",
            ["memasang sensor udara", "memperbaiki pipa air", "membangun biogas pasar"],
        ),
        (
            "La commune cherche à réhabiliter la décharge, à installer des pompes et à former.",
            ["à réhabiliter la décharge", "à installer des pompes", "à former"],
        ),
        (
            "需求如下：污水处理设备；屋顶绿化材料；空气监测仪",
            ["污水处理设备", "屋顶绿化材料", "空气监测仪"],
        ),
        (
            "医院需要灭菌设备，菜市场需要餐厨垃圾处理机。",
            ["医院需要灭菌设备", "菜市场需要餐厨垃圾处理机"],
        ),
    ],
)
def test_sentences_that_ask_for_several_works_are_cut_between_them(text, parts):
    assert part_texts(text) == parts


def test_a_clause_before_the_need_is_left_out_only_where_it_asks_for_nothing():
    background, asking = (
        "수해가 잦은 상황이며, 배수 펌프를 찾음",
        "소각로가 필요한 상황이며, 배수 펌프를 찾음",
    )

    assert [background[a:b] for a, b in all_sentences(background)] == ["배수 펌프를 찾음"]
    assert [asking[a:b] for a, b in all_sentences(asking)] == [asking]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Landfill gas recovery for two sites; a green roof for the market; ISO 14001 advice.",
            [
                "Landfill gas recovery for two sites",
                "a green roof for the market",
                "ISO 14001 advice",
            ],
        ),
        (
            "시는 소각열을 이용한 발전 설비, 낡은 하수관 교체, 환경국 직원 교육에 대하여 기업의 참여를 희망함.",
            ["소각열을 이용한 발전 설비", "낡은 하수관 교체", "환경국 직원 교육"],
        ),
        (
            "품목: 건물 에너지관리시스템 · 서버실 액침냉각 · 태양광 세정 로봇",
            ["건물 에너지관리시스템", "서버실 액침냉각", "태양광 세정 로봇"],
        ),
        (
            "시는 낡은 보일러를 교체하는 한편 하수관 누수를 조사하고, 시민이 쓸 대기질 앱을 개발하고 싶어 한다.",
            ["낡은 보일러를 교체", "하수관 누수를 조사", "시민이 쓸 대기질 앱"],
        ),
        (
            "园区希望引进空压机节能改造、废气吸附装置以及碳足迹核算服务。",
            ["引进空压机节能改造", "废气吸附装置", "碳足迹核算服务"],
        ),
    ],
)
def test_a_list_whose_items_all_speak_of_the_field_needs_no_words_around_it(text, parts):
    assert part_texts(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "사업 대상지는 하노이 동부, 하이퐁 항만, 다낭 시내임.",
        "구매자는 해안 호텔, 산악 리조트, 크루즈 선사임.",
        "기업은 재무제표 사본, 기술 인증서, 납품 실적표를 제출하여야 함.",
        "하루 처리량 80톤, 악취 배출허용기준 준수, 운전 인력 교육 포함.",
        "소각 설비, 매립가스 포집, 배출가스 처리까지 운영을 맡을 기업을 찾음.",
        "The unit combines a weather station, soil probes, solar panels and a mobile app.",
        "Each unit needs thermal storage for two days, remote alarms and repairable compressors.",
        "The project helps farms use water better, thus protecting rivers, wetlands and forests.",
        "Kami mencari mesin pencacah sampah yang hemat listrik, tahan karat, dan mudah dirawat.",
        "Les pompes doivent être robustes, simples d'emploi et garanties cinq ans.",
        "本县拟建设污水处理设备，要求占地面积小、运行能耗低、出水达到标准。",
    ],
)
def test_places_papers_and_properties_are_no_needs(text):
    assert part_texts(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "슬러지 건조기 도입\n□ 배경\n ㅇ 직매립이 금지됨\n□ 수요\n ㅇ 건조기 1식\n□ 기대효과\n ㅇ 비용 절감",
        "가로등 구매\n○ 설치장소: 도로 3곳\n○ 수량: 200개\n○ 점등 시간: 10시간\n○ 인증: CE",
        "수도미터 교체\n1. 구경 15mm\n2. 배터리 수명 10년\n3. 보호등급 IP68",
        "소각로 1기를 구함\n- 배출가스 처리장치 포함\n- 운전원 교육 포함\n- 2년 무상 보증",
        "처리 과정은 1) 파쇄 2) 탈수 3) 건조 순이며 전 과정이 자동임",
        "시설은 ① 투입부 ② 건조부 ③ 포장부로 이루어진 일체형 설비임",
        "설계, 제작, 설치 및 시운전을 일괄로 수행할 업체를 찾음.",
        "버스 정류장, 지하철역 및 공항에 설치할 공기청정기를 찾고 있음",
        "왕겨, 볏짚, 찌꺼기를 원료로 쓰는 바이오차 생산 설비를 찾음.",
        "눈부심이 적고, 깜빡임이 없으며, 스스로 어두워지는 조명을 구매함.",
        "차량 공급, 충전 시설, 운행 관리 시스템을 함께 제안할 수 있는 기업을 찾음",
        "We are buying one precipitator that is compact, corrosion-proof, quiet and quick to clean.",
        "It must capture dust, acid mist and fumes; operate in wind and frost; and fit the stack.",
        "Requirement: one hospital incinerator\n- Capacity 50 kg/h\n- Double chamber",
        "Nous cherchons un partenaire capable de réaliser les audits, d’isoler les façades et de suivre.",
        "Cần mua 01 lò đốt rác:\n- Công suất 50 kg/h\n- Hai buồng đốt",
        "급수에 쓸 태양광 펌프와 물탱크, 배관 자재를 일괄 공급할 기업을 찾음",
        "Recherche d'un filtre à manches pour le four, débit 300 000 Nm3/h, garantie de deux ans.",
        "L'usine recherche un évaporateur à vapeur, économe en eau, livrable avant l'été.",
        "采购一套处理设备，要求噪音低、能耗小、占地少、维护方便。",
    ],
)
def test_what_one_thing_must_be_or_is_made_of_is_no_list_of_parts(text):
    assert part_texts(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "폐플라스틱을 이용한 빗물 저류 시스템",
        "박닌성의 폐자원을 에너지로 바꾸는 사업의 타당성을 조사하고자 함.",
        "○ 하나뿐인 항목",
        "사업기간은 2026. 3. 1. ~ 2026. 12. 31.까지임",
        "접수는 2026. 1. 15.부터 2026. 2. 28.까지 받음",
        "A plant of 10.5 t/d and 3.2 MW at 4.1 bar is wanted.",
        "처리량 1.5 톤, 전력 2.5 kW의 설비",
        "설비 확보 등. 또한 현지 교육 등. 그리고 관리",
        "See section 3. and section 4. below for details.",
        "Water, energy and waste.",
    ],
)
def test_a_need_that_is_one_whole_has_no_parts(text):
    assert part_texts(text) == []


def test_a_long_catalogue_of_items_is_not_a_compound_need():
    lines = [f"- 품목 {number}" for number in range(MOST_PARTS + 1)]

    assert part_texts("\n".join(lines)) == []
    assert len(part_texts("\n".join(lines[:-1]))) == MOST_PARTS


def test_parts_are_numbered_after_their_need():
    parts = split_parts(Need("N-010", "수요", "- 이행계획\n- 전문교육"))

    assert [item.part.part_id for item in parts] == ["N-010#1", "N-010#2"]


@given(TEXTS.filter(str.strip))
def test_every_part_is_a_verbatim_slice_in_text_order(text):
    compound = need(text)

    parts = split_parts(compound)

    assert len(parts) != 1
    position = 0
    for item in parts:
        end = item.start + len(item.part.text)
        assert position <= item.start
        assert compound.text[item.start : end] == item.part.text
        assert item.part.text == item.part.text.strip()
        position = end


@pytest.mark.parametrize(
    "filler",
    [
        " ",
        "1) ",
        "- ",
        "가,",
        "은 가,",
        "등 ",
        "수요\n",
        "○ 가: 나\n",
        "a | b\n",
        "찾고 또한 ",
        "물: 가. ",
    ],
)
def test_the_work_on_a_long_text_grows_with_its_length(filler):
    def calls(times: int) -> int:
        count = 0

        def note(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        text = need("- 가" + filler * times + "나")
        sys.setprofile(note)
        try:
            split_parts(text)
        finally:
            sys.setprofile(None)
        return count

    assert calls(4_000) < 8 * max(calls(1_000), 100)  # 4 times as long; 16 if quadratic
