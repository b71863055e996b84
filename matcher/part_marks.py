"""What lists look like in public texts of ko, en, vi, fr, id, zh and ar: marks and words around them.

Data for `matcher.part_lines` and `matcher.part_prose`, which say how they are used. Words are kept
general: a word stands here because lists of its language use it, never because of one text.
"""

import re

# How lists are marked: a bullet is a level of its own, a count says its place in its list.
BULLET_LEVELS = (
    "□■▶★◈◎❏☐ㅁ☞",
    "○ㅇ●◇◆▲❍▷▸oοᄋ→►",
    "•▪◦·ㆍ∙∘‣➤✓✔–—−‐ㅡ*+-",
)  # the usual order in Korean documents, outer first
NOTES = "※"
COUNTS = (
    "①②③④⑤⑥⑦⑧⑨⑩",
    "⑴⑵⑶⑷⑸⑹⑺⑻⑼",
    "❶❷❸❹❺❻❼❽❾",
    "㉮㉯㉰㉱㉲㉳㉴㉵",
    "ⅰⅱⅲⅳⅴⅵⅶⅷⅸ",
    "가나다라마바사아자차카타파하",
    "abcdefgh",
    "一二三四五六七八九十",
    "ㄱㄴㄷㄹㅁㅂㅅ",
    ("i", "ii", "iii", "iv", "v", "vi"),
    ("one", "two", "three", "four"),
)
ORDINALS = (
    ("첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째"),
    ("첫째는", "둘째는", "셋째는", "넷째는"),
    ("첫째로", "둘째로", "셋째로", "넷째로"),
    ("첫 번째는", "두 번째는", "세 번째는", "네 번째는"),
    ("첫 번째로", "두 번째로", "세 번째로", "네 번째로"),
    ("하나는", "다른 하나는"),
    ("하나는", "또 하나는"),
    ("one", "the other"),
    ("one", "another", "the last"),
    ("one", "another", "a third"),
    ("一期", "二期", "三期"),
    ("하나", "둘", "셋", "넷"),
    ("一方面", "另一方面"),
    ("d'un côté", "de l'autre"),
    ("d'un côté", "de l'autre côté"),
    ("di satu sisi", "di sisi lain"),
    ("một mặt", "mặt khác"),
    ("first", "second", "third", "fourth"),
    ("firstly", "secondly", "thirdly", "fourthly"),
    ("the first", "the second", "the third", "the fourth"),
    ("le premier", "le second"),
    ("le premier", "le deuxième", "le troisième"),
    ("la première", "la deuxième", "la troisième"),
    ("yang pertama", "yang kedua", "yang ketiga"),
    ("其一", "其二", "其三", "其四"),
    ("premièrement", "deuxièmement", "troisièmement"),
    ("d'une part", "d'autre part"),
    ("thứ nhất", "thứ hai", "thứ ba", "thứ tư"),
    ("một là", "hai là", "ba là", "bốn là"),
    ("pertama", "kedua", "ketiga", "keempat"),
    ("一是", "二是", "三是", "四是", "五是"),
    ("第一", "第二", "第三", "第四"),
    ("أولا", "ثانيا", "ثالثا", "رابعا", "خامسا"),
)
_KOREAN, _HAN, _JAMO = COUNTS[5], COUNTS[7], COUNTS[8]
_COUNT = rf"\d{{1,2}}|[{_KOREAN}]|[a-h]|[{_HAN}]|i{{1,3}}|iv|vi?"
_SIGN = "".join(COUNTS[:5])
_NUMBER = rf"(?:\d{{1,2}}|[a-h]|i{{1,3}}|iv|v|[①-⑨Ⅰ-Ⅸ{_HAN}]|one|two|three|four)"
# A piece of a programme that is named and counted: "1단계(2026) :", "Lot 2 -", "Volet A :".
_NAMES_KO = "(?:수요|희망|요청|협력)\\s?(?:기술|과제|사업|분야|품목)|바이어|구매자|기술|단계|과업|과제|사업|분야|공구|세부|수요|요청|항목|품목|순위|번|차"
_NAMES = (
    "lot|component|package|phase|stage|task|activity|need|item|request|priority|part|project|area|output|work ?stream"
    "|volet|composante|axe|besoin|tâche|phase|hợp phần|gói(?: thầu)?|giai đoạn|nội dung|hạng mục|nhu cầu|lô"
    "|komponen|paket|tahap|kegiatan|bidang|kebutuhan|bagian"
)
_NAMED_COUNT = (
    rf"[\[<【〔(（]?(?:(?:제\s?)?\d{{1,2}}\s?(?:{_NAMES_KO})|(?:{_NAMES_KO})\s?{_NUMBER}|\b(?:{_NAMES})\s?(?:n[°o]\s?)?{_NUMBER}"
    rf"|第[{_HAN}\d](?:标段|阶段|包|期|项)|(?:标段|阶段|任务|项目|需求)[{_HAN}\d])"
    r"\s?(?:[(（][^()（）\n]{1,20}[)）])?\s?[\]>】〕)）]?(?:(?<=[\]>】〕)）])|[:：.)\-–—])(?=\s|[^\W\d])"
)
_BARE_ORDINAL = (  # needs no comma after it
    "[一二三四五]是|第[一二三四](?!个|阶段|期|包|标段)|其[一二三四]|(?:첫|두|세|네)\\s?번째[는로](?=\\s)|(?:다른 |또 )?하나는(?=\\s)"
    r"|(?<![^.;:\n]\s)one(?=\s(?:\w+\s)?(?:covers?|is|concerns?|asks|wants|needs|will)\b)|(?:the other|another|the last|a third)(?=\s(?:\w+\s)?(?:covers?|is|concerns?|asks|wants|needs|will)\b)"
    r"|[一二三四]期(?=[\u4e00-\u9fff])|d['’](?:une|autre) part(?=\s)"
    r"|(?:첫|둘|셋|넷)째[는로](?=\s)|一方面|另一方面|d['’]un côté|de l['’]autre(?: côté)?|(?<![^.;:\n]\s)(?:first|second|third)(?=\s(?:we|a|an|it|to)\s|,)"
    "|the (?:first|second|third|fourth)(?=\\s(?:is|concerns?|for|one|would|covers?|relates?))"
    "|l[ea] (?:premi(?:er|ère)|seconde?|(?:deux|trois)ième)(?=\\s(?:concerne|porte|est|vise|volet|besoin|marché|lot))"
    "|yang (?:pertama|kedua|ketiga)(?=\\s)"
)
_ORDINAL = "|".join(word for words in ORDINALS for word in words).replace("'", "['’]")
_MARK = (
    rf"(?:{_NAMED_COUNT}|[(（]?(?:{_COUNT})[)）]|(?:\d{{1,2}}|[{_KOREAN}{_JAMO}]|[a-h]|i{{1,3}}|iv)[.．](?!\d)|[{_JAMO}]\)|[{_SIGN}][.．]?"
    rf"|\[\d{{1,2}}\]|<\d{{1,2}}>|[{_HAN}]、|(?:{_BARE_ORDINAL})[，、:：]?|(?:{_ORDINAL})\s*[,，、:：])"
)
MARK = re.compile(_MARK, re.I)
NAMED_COUNT = re.compile(_NAMED_COUNT, re.I)
NUMBER = re.compile(
    rf"\d{{1,2}}|[①-⑨Ⅰ-Ⅸ{_HAN}]|\b(?:[a-h]|i{{1,3}}|iv|v|one|two|three|four)$", re.I
)
ORDINAL = re.compile(f"{_BARE_ORDINAL}|{_ORDINAL}", re.I)
INLINE_MARK = re.compile(  # the look-behind: no part of a date such as 2026. 1. 15.
    rf"(?:(?<=[\s:：;；,，。])|^|(?<=[^\W\d])(?=[(（①-⑩]))(?<!\d\.\s){_MARK}[ \t]*", re.I
)
_BULLETS = "".join(BULLET_LEVELS).replace("-", r"\-")
_FIELDS_KO = "수질|대기|물|폐기물|에너지|전력|건물|건축|수송|교통|도로|상수도?|하수도?|토양|소음|농업|산업|산림|해양|생태|기후|자원순환|교육|정책"
_SPACED = "|".join(
    r"[ \t]{0,4}".join(word.rstrip("?")) + "?" * word.endswith("?")
    for word in _FIELDS_KO.split("|")
)
_FIELD = (
    rf"(?:(?:{_SPACED})(?:[ \t]?(?:분야|부문))?|\b(?:water|air|waste|energy|power|transport|buildings?|soil|agriculture|training|policy"
    r"|eau|déchets|énergie|transports?|formation|nước|không khí|chất thải|năng lượng|giao thông|đào tạo"
    r"|air bersih|sampah|limbah|energi|transportasi|pelatihan)|水|大气|固废|能源|交通|建筑|土壤|培训)"
)
_LINE_COUNT = r"(?:№|n°|#)?\s?\d{1,2}\s?(?:°|[/:：–\-](?=\s))"
_FIELD_LABEL = rf"(?:{_FIELD}[ \t]*[:：]|[\[<【〈(（]{_FIELD}[\]>】〉)）])"
FIELD_LABEL = re.compile(_FIELD_LABEL, re.I)
BRACKET_LABEL = re.compile(r"[(（\[【][^()（）\[\]【】\n]{1,12}[)）\]】](?=\s|[^\W\d])")
BRACKET_TAIL = re.compile(r"\s[(（][^()（）\n]*[)）]$")
LINE = re.compile(
    rf"^(?P<indent>[ \t]*)(?:(?P<note>{NOTES})|(?P<bullet>[{_BULLETS}])(?!\d)(?<![oοㅁ](?=\S))|(?P<mark>{_MARK}|{_LINE_COUNT}|{_FIELD_LABEL}))?"
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
    "제출|서류|참석|유의|주의|문의|연락처|접수|일정|기간|기한|마감|장소|예산|사업비|조건|자격|요건|사양|배경|목적|현황"
    "|애로(?: ?사항)?|어려움|경위|경과|근거|비고|담당|납기|여건|실태|문제점|성능|제원|구성품?|기능|부속품?|특성|(?:신청|참가|심사|평가|선정) ?(?:방법|절차|기준|항목)|대상지|소재지|재원|우대|향후"
    r"|(?:1|한) ?(?:대|식|기|척|세트)(?=[를을]? ?(?:구매|도입|구입|구함)|$)|(?:공정|과정|순서|절차|단계|방식)(?=[은는]\s*$)|(?:주요|처리|운전|전체) ?(?:공정|과정|단계)$|붙임|첨부|별첨|기타|기대 ?효과|파급 ?효과|납품|선적|(?:효과|목표|추진 ?체계|위치|규모|수량|대상)(?=\s*[:：]?\s*$)"
    "|提交|资料|联系|截止|条件|要求|预算|背景|注意|资格|效果|目标|工期|地点|周期|[采购需]+[一1][台套]|性能|参数|功能|配置|"
    r"\b(?:submi\w+|documents?|deadline|contact|notes?|terms|conditions?|budget|background|eligib\w+"
    r"|apply|specifications?|criteria|attach\w*|enclos\w+|(?:must|should) be|timeline|schedule|duration|location"
    r"|one (?!of|or|for|is)\w+ \w+|a single|single|expected (?:results?|outcomes?|benefits?)|features?|performance|(?:must|shall|should)(?: \w+){0,3}(?=\s*[:：]?$)|pièces?|dossier|calendrier|durée|caractéristiques|performances|exigences|résultats attendus|modalités"
    r"|(?:achat|acquisition|fourniture) d['’]une?|fournir|joindre|délais?|critères?|date limite|contexte|remarque|doit être|hồ sơ|liên hệ"
    r"|thời hạn|hạn nộp|điều kiện|lưu ý|giấy tờ|ngân sách|bối cảnh|tiêu chí|kinh phí|tiến độ|địa điểm|(?:mua|cần) (?:0?1|một)|thông số|tính năng|yêu cầu kỹ thuật|dokumen"
    r"|(?:per)?syarat\w*|kontak|batas waktu|anggaran|catatan|spesifikasi|latar belakang|kriteria|jadwal|satu (?!atau)\w+"
    r"|lokasi|jangka waktu|manfaat|fitur|kinerja)\b",
    re.I,
)
COMMA = re.compile(r"[，、]|,(?!\d)")
BRACKETS = re.compile(r"[(（\[][^()（）\[\]\n]*[)）\]]")
MEASURE = re.compile(
    r"\d+\s?(?:dB|%|℃|°C|ppm|mg|kW)|\s\d[\d,.]*\s?(?:mm|cm|m|km|kg|g|t|톤|미터|년|개월|시간|일|V|Hz|L|리터|bar|rpm)\s*$"
)
SPEC = re.compile(  # a line that says how good or how large one thing must be
    r"(?:부속|일체|부착|장착|탑재|내장|이상|이하|이내|미만|가능|불가|필수|준수|보증|호환|포함|제외|불문|[할일을]\s?것|우대)\s*[.)）]?$|IP\d\d"
    r"|\b\d+ ?(?:kg|kW|MW|t|m3|m³|L|l|bar|V|mm|m)(?:/\w+)?$"
    r"|\b(?:at least|at most|no more than|minimum|maximum|or (?:more|less)|guarantee|warranty|au moins|au plus|minimum|garantie"
    r"|ít nhất|tối thiểu|tối đa|bảo hành|minimal|maksimal|paling (?:sedikit|lambat)|garansi)\b|[≥≤]|不低于|不超过|以上|以下|质保",
    re.I,
)
LEADS_TO_LINES = re.compile(  # a heading over a list without any marks
    r"(?:[:：]|(?:다음|아래)[와과] 같(?:음|다|습니다)\.?|(?:as follows|below|suivants?|sau(?: đây)?|berikut(?: ini)?)\s?[:.：]?|如下[:：]?)\s*$",
    re.I,
)
SENTENCE_LIKE = re.compile(r"[.!?。！？]\s*$|(?:니다|한다|다|음|함|임)\.?\s*$")
CELL = re.compile(r"[^|\t]+")
HEADER_CELL = re.compile(
    r"\s*(?:구\s*분|연\s*번|번\s*호|순\s*번|No\.?|품\s*목\s*명?|항\s*목|내\s*용|분\s*야|수\s*량|비\s*고|#|items?|description|qty|quantity|remarks?|lot"
    r"|désignation|quantité|stt|hạng mục|nội dung|số lượng|uraian|jumlah|序号|项目|内容|数量|备注)\s*",
    re.I,
)
INLINE_BULLET = re.compile(r"(?<![^\s:：])[□■▶◆○ㅇ●◇◦•▪▲→✓](?=\s?\S)")
SENTENCE_FIELD = re.compile(
    rf"(?:(?<=[.!?。;；/,]\s)|(?<=[。；])|^)(?:{_FIELD_LABEL}|(?:for|at|pour|untuk|cho|在)\s?(?:the |le |la |les )?[^\s:：,.]+(?: [^\s:：,.]+)?\s?[:：])",
    re.I | re.M,
)
STOP = re.compile(r"[.!?](?=\s|$)|[。！？]")
DESCRIPTION = re.compile(r"\s[–—-]\s|[:：]\s")  # parts a title from what is said about it
CLOSED = re.compile(r"[.;:。；：]\s*$|(?:함|음|임|다|것)$")  # the end of a finished item
LABEL = re.compile(
    r"(?:[(（](?P<inside>[^)）]{1,15})[)）]|(?P<before>[^:：]{1,20}?)\s*(?:[:：]|$))"
)
_ASKS_KO = "주요|세부|추진|사업|과업|요청|수요|지원|협력|필요|희망|대상|도입|구매|제안|기술|중점"
SECTION = re.compile(  # names of sections, which say nothing of what is asked for
    rf"(?:(?:(?:{_ASKS_KO})\s?)+(?:내용|사항|분야|수요|범위|개요|계획|품목|항목|과업|과제|기술|사업|목록)|(?:협의 ?)?(?:의제|안건)|수요|내용|요청|개요|목록"
    r"|scope(?: of (?:works?|supply|services))?|(?:(?:our|main|key|specific|priority) )?(?:needs|requests?|requirements|components|works)"
    r"|(?:nos |les )?besoins|objet|prestations|(?:nội dung|nhu cầu)(?: (?:hợp tác|cụ thể|hỗ trợ|chính))?"
    r"|kebutuhan(?: \w+)?|(?:ruang )?lingkup(?: \w+)?|(?:合作|主要|项目|采购|具体|技术)?(?:内容|需求|领域|范围))\s*[:：]?",
    re.I,
)
OVERVIEW = re.compile(r"개요|overview|summary|aperçu|tổng quan|gambaran umum|概况|概述", re.I)
FACT_NAME = re.compile(  # before a colon: a fact about the whole
    "(?:사업명|과제명|건명|제목|국가|도시|지역|기관|기관명|발주처|주관|시행|규모|수량|금액|단가|총액|면적|인구|용량|통역|언어|방식|형태|시기|대상|위치|성명|전화)$"
    r"|\b(?:project|title|client|country|city|region|buyer|quantity|capacity|price|language|total|amount|pays|ville|client|prix"
    r"|quantité|langue|montant|quốc gia|số lượng|công suất|giá|negara|kota|jumlah|kapasitas|harga)$|(?:国家|城市|数量|规模|金额|语言)$",
    re.I,
)
FACT = re.compile(r"[^:：\n]{1,20}\s*[:：]\s*\S")  # "name of a fact: its value"
LABELLED = re.compile(r"(?P<label>[^:：\n]{1,20}?)\s*[:：]\s*")
COUNTER = re.compile(r"(?<![^\W\d_])[A-Za-z](?![a-z])|\d+|[①-⑩Ⅰ-Ⅸ]")
PARTY = re.compile(  # a party by letter or number, with what it is: "식품 B사", "2호 농장"
    r"^(?:[가-힣]+ ){0,2}(?:[A-Z]|\d+)\s?(?:사|기업|업체|농장|공장|병원|대학|기관|시|군)$"
)
LEADS_ON = re.compile(  # a line with a list under it that introduces the list
    r"(?:요청|수요|필요|희망|협력) ?(?:내용|사항|분야|기술|과제|품목)$|[:：]$|(?:함|음|임|다|바람)\.?$"
)
