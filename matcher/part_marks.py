"""What lists look like in public texts of ko, en, vi, fr, id, zh and ar: marks and words around them.

Data for `matcher.parts`, which says how they are used. Words are kept general: a word stands here
because lists of its language use it, never because of one text.
"""

import re

# How lists are marked: a bullet is a level of its own, a count says its place in its list.
BULLET_LEVELS = ("□■▶★", "○ㅇ●◇◆▲", "•▪◦·–—*-")  # the usual order in Korean documents, outer first
NOTES = "※"
COUNTS = (
    "①②③④⑤⑥⑦⑧⑨⑩",
    "가나다라마바사아자차카타파하",
    "abcdefgh",
    "一二三四五六七八九十",
    ("i", "ii", "iii", "iv", "v", "vi"),
)
ORDINALS = (
    ("첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째"),
    ("first", "second", "third", "fourth"),
    ("firstly", "secondly", "thirdly", "fourthly"),
    ("premièrement", "deuxièmement", "troisièmement"),
    ("d'une part", "d'autre part"),
    ("thứ nhất", "thứ hai", "thứ ba", "thứ tư"),
    ("một là", "hai là", "ba là", "bốn là"),
    ("pertama", "kedua", "ketiga", "keempat"),
    ("一是", "二是", "三是", "四是", "五是"),
    ("第一", "第二", "第三", "第四"),
    ("أولا", "ثانيا", "ثالثا", "رابعا", "خامسا"),
)
_COUNT = rf"\d{{1,2}}|[{COUNTS[1]}]|[a-h]|[{COUNTS[3]}]|i{{1,3}}|iv|vi?"
_BARE_ORDINAL = "[一二三四五]是|第[一二三四]"  # needs no comma after it
_ORDINAL = "|".join(word for words in ORDINALS for word in words).replace("'", "['’]")
_MARK = (
    rf"(?:[(（]?(?:{_COUNT})[)）]|(?:\d{{1,2}}|[{COUNTS[1]}]|[a-h])[.．](?!\d)|[{COUNTS[0]}]"
    rf"|[{COUNTS[3]}]、|(?:{_BARE_ORDINAL})[，、:：]?|(?:{_ORDINAL})\s*[,，、:：])"
)
MARK = re.compile(_MARK, re.I)
ORDINAL = re.compile(f"{_BARE_ORDINAL}|{_ORDINAL}", re.I)
INLINE_MARK = re.compile(  # the look-behind: no part of a date such as 2026. 1. 15.
    rf"(?:(?<=[\s:：;；,，。])|^|(?<=[^\W\d])(?=[(（]))(?<!\d\.\s){_MARK}[ \t]*", re.I
)
LINE = re.compile(
    rf"^(?P<indent>[ \t]*)(?:(?P<note>{NOTES})|(?P<bullet>[{''.join(BULLET_LEVELS)}])(?!\d)|(?P<mark>{_MARK}))?"
    r"[ \t]*(?P<item>\S.*)$",
    re.M | re.I,
)

# The last of these before a list tells whether it lists what is asked for or something about it.
ASKED = re.compile(
    "수요|분야|기술|과제|품목|설비|협력|사업|需求|技术|领域|方面|合作|"
    r"\b(?:needs?|areas?|fields?|lots?|components?|technolog|solutions?|partners?|provide|supply"
    r"|besoin|volet|domaine|composante|appui|nhu cầu|lĩnh vực|nội dung|công nghệ|kebutuhan|bidang"
    r"|teknologi|dukungan|kegiatan)",
    re.I,
)
ABOUT = re.compile(
    "제출|서류|유의|주의|문의|연락처|접수|일정|기간|기한|마감|장소|예산|사업비|조건|자격|요건|사양|배경|목적|개요|현황"
    "|경위|근거|비고|담당|납기|(?:신청|참가|심사|평가|선정) ?(?:방법|절차|기준|항목)|대상지|소재지"
    "|提交|资料|联系|截止|条件|要求|预算|背景|注意|资格|"
    r"\b(?:submi\w+|documents?|deadline|contact|notes?|terms|conditions?|budget|background|eligib\w+"
    r"|apply|specifications?|criteria|attach\w*|enclos\w+|(?:must|should) be|pièces?|dossier"
    r"|fournir|joindre|délais?|critères?|date limite|contexte|remarque|doit être|hồ sơ|liên hệ"
    r"|thời hạn|hạn nộp|điều kiện|lưu ý|giấy tờ|ngân sách|bối cảnh|tiêu chí|dokumen"
    r"|(?:per)?syarat\w*|kontak|batas waktu|anggaran|catatan|spesifikasi|latar belakang|kriteria)\b",
    re.I,
)
CLOSED = re.compile(r"[.;:。；：]\s*$|(?:함|음|임|다|것)$")  # the end of a finished item
LABEL = re.compile(
    r"(?:[(（](?P<inside>[^)）]{1,15})[)）]|(?P<before>[^:：]{1,20}?)\s*(?:[:：]|$))"
)
LEADS_ON = re.compile(  # a line with a list under it that introduces the list
    r"(?:요청|수요|필요|희망|협력) ?(?:내용|사항|분야|기술|과제|품목)$|[:：]$|(?:함|음|임|다|바람)\.?$"
)

# Plain lists: the name of what is listed, what asks for it, what may follow the last item.
_NAMES_KO = "수요|기술|분야|과제|사항|항목|품목"
_NAMES = (
    r"areas|fields|lots|components|topics|technologies|needs|volets|domaines|axes|composantes"
    r"|besoins|lĩnh vực|nội dung|hạng mục|nhu cầu|bidang|kebutuhan|kegiatan"
)
NAME = re.compile(
    rf"(?:(?:{_NAMES_KO})(?P<topic>[은는]\s)"
    rf"|(?:{_NAMES_KO}|需求|技术|领域|方面|方向|\b(?:{_NAMES}))(?:\s+[^\s:：,，]+){{0,2}}?\s*"
    r"(?:[:：]|(?:\b(?:are(?!\s\w+(?:ed|ing)\b)|include|sont|gồm|là|adalah|meliputi)\b|为|是|包括)\s*[:：]?))\s*",
    re.I,
)
ASKING = re.compile(
    r"\b(?:needs?|requires?|requests?|seek(?:s|ing)?|looking for|interested in"
    r"|(?:support|assistance|help) (?:for|with)|sollicit\w+|souhait\w+|recherch\w+"
    r"|(?:appui|assistance|aide) pour|cần(?: hỗ trợ)?|đề nghị hỗ trợ|membutuhkan|meminta"
    r"|(?:dukungan|bantuan) untuk)\s+|需要|寻求|希望",
    re.I,
)
TOPIC = re.compile(r"(?<![하되있없이리키지받쓰][은는])(?<=[은는])\s+")  # not 하는, 있는 ...
_ASK = "요청|희망|구하|구함|찾|원하|원함|바라|바람|도입|추진|발주|제안|모색|공급|구매|나누|나눠|구분|구성|정리|선정"
_ADVERBS = r"(?:(?:각각|모두|따로|별도로?|사업으로|우선|공동으로)\s+)*"
_NUMBERED = r"(?:두|세|네|다섯)\s?(?:건|가지|분야|사업)"
_ASKED_TAIL = rf"(?:\s등)?(?:(?:을|를|으로|로)\s+{_ADVERBS}(?:{_ASK})|(?:이|가)\s+{_ADVERBS}필요)"
ASKED_TAIL = re.compile(_ASKED_TAIL)
TAIL = re.compile(
    rf"(?P<asked>{_ASKED_TAIL})"
    rf"|(?P<several>,?\s{_NUMBERED}|\s분야(?:의|에 대한)\s.{{0,15}}(?:{_ASK}))"
    r"|(?P<named>\s등(?=\s|임|이|$)|(?:임|이다|입니다)\s*$|(?:이며|이고)(?=[\s,])"
    r"|等|[两二三四五六]?[个大]?(?:领域|方面|方向)|[，；])"
)
SEVERAL = re.compile(rf"각각|별도|따로|{_NUMBERED}")
WORK = re.compile(  # Korean nouns that name a work of their own
    r"(?:구축|설치|교체|보급|도입|개량|개선|정비|보강|보수|복구|복원|처리|관리|감시|측정|조사|진단|교육|훈련|연수|컨설팅|자문|수립"
    r"|지원|개발|조성|전환|재활용|자원화|현대화|퇴비화|건설|생산|양성)$"
)
ONE_SYSTEM = re.compile(  # of which a sentence lists what it is made of
    r"(?:시스템|설비|장치|장비|제품|기기)[은는]\s|\bth(?:e|is) (?:system|unit|plant|equipment|device|machine)\b"
    r"|\b(?:l['’]appareil|le système|la machine|hệ thống|thiết bị|sistem|mesin|alat)\b|系统|设备由",
    re.I,
)
SERVICE = re.compile(
    r"\b(?:training|capacity building|feasibility|advis\w+|formation|renforcement|étude|đào tạo"
    r"|tập huấn|tư vấn|pelatihan|pendampingan|studi)\b|培训|咨询|规划",
    re.I,
)

# What joins items and closes them.
_JOINT = r"(?:and|as well as|et|ainsi que|và|cũng như|dan|serta|및|그리고)"
LEADING_JOINT = re.compile(rf"{_JOINT}\s+|以及|和|及", re.I)
INNER_JOINT = re.compile(rf"\s+{_JOINT}\s+|以及|和|及", re.I)
TRAILING_JOINT = re.compile(rf"\s{_JOINT}$", re.I)
PAIR_JOINT = re.compile(r"\s및\s+|(?<=[가-힣])[와과]\s+")
SEPARATORS = (re.compile("[;；]"), re.compile(r"[，、]|,(?!\d)"))  # strongest first; not in 3,000
SEPARATOR = re.compile("|".join(found.pattern for found in (*SEPARATORS, PAIR_JOINT)))
CLOSING = " \t\r\n;,.。；،؛，、"
BRACKETS = re.compile(r"[(（\[][^()（）\[\]\n]*[)）\]]")

# Sentences.
SENTENCE = re.compile(r"[^\s.!?。！？][^\n]*?(?=[.!?](?:\s|$)|[。！？]|$)", re.M)
SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]|\n(?=\s|$|[^\n:：]{1,15}[:：])")
IN_ADDITION = re.compile(
    r"(?:또한|아울러|그리고|더불어|이와 함께|이와 더불어|[이그] 밖에도?|此外|另外|同时"
    r"|(?:in addition|also|moreover|furthermore|en outre|de plus|par ailleurs|ngoài ra|bên cạnh đó"
    r"|đồng thời|selain itu|di samping itu)\b)[,，]?\s*",
    re.I,
)
OBLIGES = re.compile(  # a condition, even where it says that something is needed
    r"[어여아]야\s|\b(?:must|shall|should|doit|doivent|phải|harus|wajib)\b|必须|应当", re.I
)
ASKS = re.compile(
    "구함|구하고|구하려|찾음|찾고|필요함|필요하|희망|요청|도입하|원함|원하|구매하|需要|寻求|希望|采购|"
    r"\b(?:we (?:also )?need|needed|wants?|seek\w*|looking for|request\w*|cherch\w+|recherch\w+|souhait\w+|sollicit\w+"
    r"|besoin|cần|mong muốn|tìm|membutuhkan|mencari|meminta)\b",
    re.I,
)
