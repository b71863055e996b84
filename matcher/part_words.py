"""What sentences that ask for several things look like in ko, en, vi, fr, id and zh.

Data for `matcher.part_prose`, which says how it is used. Words are kept general: a word stands here
because its language asks or lists with it, never because of one text.
"""

import re

# Plain lists: the name of what is listed, what asks for it, what may follow the last item.
_NAMES_KO = "수요|기술|분야|과제|사항|항목|품목"
_NAMES = (
    r"areas|fields|lots|components|topics|technologies|needs|volets|domaines|axes|composantes"
    r"|besoins|lĩnh vực|nội dung|hạng mục|nhu cầu|bidang|kebutuhan|kegiatan"
)
NAME = re.compile(
    rf"(?:(?:{_NAMES_KO})(?P<topic>[은는]\s)"
    rf"|(?:(?:{_NAMES_KO}|사업|내용|협력|요청|지원)(?=\s?[:：])|{_NAMES_KO}|需求|内容|技术|领域|方面|方向|\b(?:{_NAMES}))(?:\s+[^\s:：,，]+){{0,2}}?\s*"
    r"(?:[:：]|(?:\b(?:are(?!\s\w+(?:ed|ing)\b)|include|sont|gồm|là|adalah|meliputi)\b|为|是|包括)\s*[:：]?))\s*",
    re.I,
)
ASKING = re.compile(
    r"\b(?:needs?|wants?(?! to)|requires?|requests?|seek(?:s|ing)?|looking for|interested in|in search of|in the market for"
    r"|budgeted for|(?:support|assistance|help) (?:is sought )?(?:for|with)|(?:offers|bids|tenders|quotations) for|sollicit\w+|souhait\w+|recherch\w+|cherch\w+|veut|veulent|besoin (?:de|d['’])|besoins en"
    r"|(?:appui|assistance|aide) pour|cần(?: hỗ trợ)?|đề nghị hỗ trợ|membutuhkan|memerlukan|meminta"
    r"|(?:dukungan|bantuan) untuk)\s+|需要|寻求|希望",
    re.I,
)
_OPEN = "".join(map(chr, range(ord("가"), ord("힣") + 1, 28)))  # syllables without a final
_TOPIC = rf"(?:(?<=[{_OPEN}]는)|(?<=[^{_OPEN}]은))"  # 는 after a final ends a verb: 막는, 받는
TOPIC = re.compile(
    rf"(?<![하되이리키지쓰꾸또오가드낡맑높낮많같깊넓좁젊짧][은는]){_TOPIC}\s+"
)  # not 하는, 되는, 높은 ...
_ASK = (
    "요청|희망|구하|구한|구할|구함|구합|산다|사려|사들|들여|찾|원하|원함|원합|바라|바람|바랍|도입|추진|진행|발주|제안|모색|공급|구매|구입|조달|확보|나누|나눠|구분|구성|정리|선정"
    "|추천|소개|모집|알아보|검토|계획|시행|실시|설치|맡길|맡기|의뢰|지원|마련|갖추|필요로|부탁|타진|만나|견적"
)
_ADVERBS = r"(?:(?:각각|모두|따로|별도로?|사업으로|우선|공동으로|함께|동시에|같이|차례로|순차적으로|단계적으로)\s+)*"
_NUMBERED = r"(?:두|세|네|다섯|[2-9])\s?(?:개\s?)?(?:건|가지|분야|사업|과업|과제|항목|품목)"
_DIVIDES = "나누|나눠|나뉘|나뉜|구분|구성|정리|선정|추진|발주"
_ASKED_TAIL = (
    rf"(?:\s등)?(?:(?:을|를)\s+{_ADVERBS}(?:{_ASK})|(?:으로|로)\s+{_ADVERBS}(?:{_DIVIDES})"
    rf"|(?:이|가)\s+{_ADVERBS}(?:필요|절실|시급|(?:당면|우선|주요|핵심) ?(?:수요|과제|관심))|에\s(?:관심|대(?:한|하여|해)\s.{{0,20}}(?:협력|제안|지원|요청)))"
)
ASKED_TAIL = re.compile(_ASKED_TAIL)
TAIL = re.compile(
    rf"(?P<asked>{_ASKED_TAIL})"
    rf"|(?P<several>,?(?:의|\s등)?\s{_NUMBERED}|\s분야(?:의|에 대한)?\s.{{0,15}}(?:{_ASK}))"
    r"|(?P<named>\s등(?=\s|임|이|$)|(?:임|이다|입니다)\s*$|(?:이며|이고)(?=[\s,])"
    r"|等|[两二三四五六]?[个大]?(?:领域|方面|方向)|[，；])"
)
SEVERAL = re.compile(rf"각각|별도|따로|{_NUMBERED}")
TOGETHER = re.compile(r"함께|동시에|같이|각각|모두|따로|별도")
HANGS_ON = re.compile(
    r"\S*?(?:할|하는|한|될|되는)\s"
)  # after a tail: it belongs to a noun that follows
STRONG_PAIR = re.compile(
    r"(?:(?<=[가-힣])[와과] (?:함께|더불어|아울러)|(?:은|는) 물론(?:이고)?|뿐(?:만)? 아니라|에 더(?:해|하여)|을 비롯해| 외에도?),?\s"
)
PAIRED_TAIL = re.compile(rf"(?:을|를|도|까지|이|가|에도)\s+{_ADVERBS}(?:{_ASK}|필요|관심)")
ADNOMINAL = re.compile(r"(?:[하되나있없이쓰오기치르꾸막내]는|[할될쓸달낼줄깔넣볼갈]|[한된])\s")
QUANTITY = re.compile(
    r"\d[\d,.]*\s?(?:대|식|기|조|개소?|개|세트|본|척|량|km|곳|명|건|sets?|units?|pcs)$", re.I
)
OWN_NAME = re.compile(r"(?:\s건|\s일|사업|용역|과정|프로젝트|과제|프로그램)$")
ALSO_DOES = re.compile(r"[가-힣]도\s(?:해|하여|함께|같이)?\s?[가-힣]")
THEN = re.compile(
    r"(?:다음 단계로|별도로|따로|이후|이어|그\s?다음|그 뒤|다음으로|나중에|끝으로|마지막으로)\s"
)
GAP = re.compile(r"(?:[을를]|(?P<subject>[이가])),\s+")
PLACE_OF = re.compile(r"^.{1,25}?(?:에서는|에는|에|[은는])\s")
FIELD_OF = re.compile(r"^.{1,20}?(?:분야|부문|쪽|측면)(?:에서는|에는|은|는)\s")
RECIPIENT = re.compile(r"\S{1,8}(?:측|정부|기업|기관)?(?:에|에게|께)\s+(?=\S+\s)")
SEPARATELY = re.compile(  # somewhere in a text: it asks for several things, not for one
    rf"(?:품목|분야|사업|과제|항목)별\s?(?:견적|입찰|제안|계약|업체|기업|발주)|(?:두|세|양) 기관|서로 다른 (?:기업|업체|기관)|{_NUMBERED}(?:[은는의을를이가)]|\s(?:모두|각각)|에)|(?:사업|분야|과업|항목|과제|단계|품목|건)(?:별|마다)로?\s?(?:별도|따로|각각|다른|개별)"
    r"|(?:분리|개별)\s?(?:발주|입찰|계약)|(?:따로|각각|별도로?)\s(?:발주|입찰|계약|제안|선정|추진)"
    r"|\b(?:separately|single (?:component|lot)|one or more of|(?:each|either|any) (?:component|lot|item|area|of (?:them|these))"
    r"|(?:two|three|four|five) (?:\w+ )?(?:areas|requests|needs|things|lots|components|works|packages|activities|contracts|suppliers)"
    r"|séparément|(?:deux|trois|quatre) (?:volets|marchés|lots|besoins|composantes|axes|prestations)|chaque (?:volet|lot|composante)"
    r"|riêng(?: biệt| rẽ)?|mỗi (?:lĩnh vực|nội dung|gói|hạng mục)|(?:hai|ba|bốn|năm) (?:nội dung|lĩnh vực|hạng mục|gói|nhu cầu|việc|dự án)"
    r"|(?:secara )?terpisah|(?:ke)?(?:dua|tiga|empat|lima) (?:kegiatan|hal|bidang|paket|kebutuhan|pekerjaan|komponen)"
    r"|setiap (?:kegiatan|paket|bidang)|or both|any of these|may quote|les deux|cả hai|keduanya|kedua (?:hal|kegiatan|pekerjaan))\b|分别|可分|单独|[两二三四五]个?(?:领域|方面|项目|项|方向|标段)",
    re.I,
)
_WORK = (  # Korean nouns that name a work of their own
    r"(?:구축|설치|교체|보급|도입|개량|개선|정비|보강|보수|복구|복원|처리|관리|감시|측정|조사|진단|교육|훈련|연수|컨설팅|자문|수립"
    r"|지원|개발|조성|전환|재활용|재이용|자원화|현대화|퇴비화|건설|생산|양성|증설|신설|개축|확충|확대|시공|운영|운행|제작|납품|구매|공급|작성|산정"
    r"|분석|평가|실증|시범설치|시범사업|이전|수거|선별|정화|정수|저감|회수|방지|차단|예측|예보|탐사|탐지|세척|갱생|세정|포집|소각|매립|복토|녹화|식재"
    r"|개설|제공|배포|안정화|고도화|최적화|자동화|효율화|연료화|무해화)"
)
WORK = re.compile(rf"{_WORK}(?:\s?(?:용역|사업|과정|기술|공사|서비스))?$")
WORK_ANYWHERE = re.compile(rf"{_WORK}(?![가-힣])")
GOODS = re.compile(  # Korean nouns that name a thing one buys
    r"(?:설비|장치|장비|시설|시스템|플랫폼|소프트웨어|프로그램|앱|센서|펌프|차량|버스|트럭|보일러|필터|패널|모듈|배터리|탱크|드론|로봇|지도|교재|기술|공법|소재|자재|제품|서비스|약품|차단막|분야"
    r"|[가-힣](?:기|로|망|조|선|차|탑|판|막|제|재|통|장|관|함|벽|체계|등))$"
)
DEPENDENT = re.compile(
    r"[을를로와과에]\s.*\S[는은을할한된진던]\s"
)  # a clause that hangs on what follows
CLAUSE = re.compile(  # "to install X and" inside a Korean sentence; the work's ending is no part
    r"[을를]\s+(?:[^\s,]+\s){0,2}?(?P<work>[가-힣]+?(?=하[고며]|해 주[고며]|하여 주[고며])|[가-힣]{1,2}(?=[어아] 주[고며])|(?:짓|세우|놓|깔|갖추|바꾸|심|달|들이|들여오|사들이|치|고치|늘리|잇|가르치|키우)(?=[고며]))"
    r"(?:하고자 하|하(?:여|고)? 주|해 주|[어아] 주|하)?[고며],?\s+"
)
NEEDED = re.compile(r"[이가]\s(?:\S+\s)?(?:필요|급하|급함|시급|절실)\S*$")
FINITE = re.compile(r"[을를](?:\s+[^\s,]+){1,4}$")  # an object, its verb and nothing after them

ONE_SYSTEM = re.compile(  # of which a sentence lists what it is made of
    r"(?:시스템|설비|장치|장비|제품|기기)[은는]\s|\b(?:the|this|each|every) (?:system|unit|plant|equipment|device|machine)\b"
    r"|\b(?:l['’]appareil|le système|la machine|hệ thống|thiết bị|sistem|mesin|alat)\b|系统|设备由",
    re.I,
)
SERVICE = re.compile(
    r"\b(?:training|capacity building|feasibility|advi[cs]\w+|formation|renforcement|étude|đào tạo"
    r"|tập huấn|tư vấn|pelatihan|pendampingan|studi)\b|培训|咨询|规划",
    re.I,
)

SERVICE_AFTER = re.compile(  # a thing, and then a service of another's
    r",\s(?:and|as well as|et|và|dan)\s(?:\w+\s)?(?:training|advi\w+|a (?:feasibility )?study|formation|étude|đào tạo|tư vấn|pelatihan|studi)\b",
    re.I,
)
INTENT = re.compile(  # what leads to a list of works, beside ASKING
    r"\b(?:will|plans? to|intends? to|(?:is|are) (?:invited for|to)|invites? (?:proposals|offers|bids|partners)(?: for| to)?|would like to"
    r"|wish(?:es)? to|wants? to|aims? to|proposals for|prévoit (?:de |d['’])|envisage (?:de |d['’])|voudr\w+|entend|compte|va|vont"
    r"|sẽ|dự kiến|dự định|có kế hoạch|(?:đang )?tìm (?:đối tác|nhà cung cấp|doanh nghiệp)|muốn(?: hợp tác)?"
    r"|akan|berencana|hendak|ingin|bermaksud|mencari|diperlukan|dibutuhkan)\s*|拟|计划|打算",
    re.I,
)
PLANS = re.compile(  # of those, what asks even without a list
    r"\b(?:plans? to|intends? to|would like to|wish(?:es)? to|prévoit|envisage|voudr\w+|dự kiến|dự định|có kế hoạch|muốn"
    r"|berencana|ingin|bermaksud)\b|拟|计划|打算",
    re.I,
)
WORK_START = re.compile(  # how an item begins that is a work of its own, in other languages
    r"(?:(?:to|the|a|an|à|la|le|les|l['’]|une?|de|d['’]|còn|cần)\s*)*(?:"
    r"(?:install|repair|build|construct|supply|replace|rehabilitat|train|design|provid|develop|upgrad|restor|monitor|establish"
    r"|procur|deliver|convert|treat|recycl|map|plant|conduct|collect|recover|set up|clean|retrofit|introduc|purchas|audit|expand"
    r"|moderni[sz]|electrif|reforest|cover)\w*"
    r"|(?:install|répar|construi|fourni|remplac|réhabilit|form|conce|développ|moderni|restaur|équip|trait|recycl|plant|rénov|aménag"
    r"|acquér|mettre|créer|réalis|étend|organis|élabor)\w*"
    r"|(?:lắp|cung cấp|xây|đào tạo|cải tạo|thay|xử lý|tái chế|khôi phục|trồng|thiết kế|lập|đầu tư|mua|nâng cấp|triển khai|giám sát"
    r"|thu hồi|thu gom|hỗ trợ|chuyển giao|khảo sát|kiểm kê|phát triển|sửa|tổ chức|quan trắc|đánh giá|tư vấn|dịch vụ|ứng dụng)\b"
    r"|(?!perusahaan|pemerint|penyedia|peralatan|perangkat|pelabuhan|perumahan|perkotaan|permukiman|menjadi|memiliki|mempunyai"
    r"|merupakan|mengandung)(?:me(?:m|n|ng|ny|l|r|w)\w{3,}|pe(?:m|n|ng|ny|l|r)\w{3,}an|audit|instalasi|studi|jasa|rehabilitasi|konversi|renovasi)\b"
    r"|(?:建设|改造|治理|安装|采购|更换|开展|培训|引进|引入|监测|提供|研究|修复|升级|推广|实施|新建|制定|编制))",
    re.I,
)
TO_AND_TO = re.compile(
    r"\bto (?P<one>\w+ (?:(?!, to ).){8,}?),? (?:and|as well as) to (?P<other>\w+ .+)", re.I
)
BOTH_AND = re.compile(
    r"\b(?:both|à la fois|baik|cả) (?P<one>\S+ \S.*?),? (?:and|et|maupun|lẫn) (?P<other>\S+ \S.+)",
    re.I,
)
HAN_CLAUSE = re.compile(r"[^，,；;。]+")
HAN_ASKS = re.compile(
    r"需要|急需|还需|另需|尚需|寻求|(?:拟|计划|希望|想|并|还|将|^|期)(?:在\S{1,8})?(?:为\S{1,8})?(?:引进|引入|采购|购置|建设|新建|改造|开展|举办|实施)|(?:^|并)就\S{2,20}(?:合作|交流|咨询)"
)
PREPOSITION = re.compile(
    r"(?:in|with|for|from|to|including|at|en|avec|pour|y compris|dans|có|được|kèm|với|dengan|dilengkapi|equipped|équipée?s?|untuk|termasuk|di|puis|then|so that|which|where)\s",
    re.I,
)
AGENT = re.compile(
    r"\b(?:insurer|actuary|firm|company|companies|partner|contractor|consultant|builder|expert|operator|partenaire|entreprise|perusahaan|mitra)s?\b",
    re.I,
)
VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.I)
RELATIVE = re.compile(
    r"\b(?:yang|that|which|who|whose|qui|dont|có thể|mà|capable de|able to|mampu)\s", re.I
)
WORK_END = re.compile(
    r"(?:建设|改造|治理|安装|采购|更换|培训|监测|研究|修复|升级|推广|利用|处理|回收|咨询)$"
)
GOODS_END = re.compile(r"(?:设备|装备|装置|系统|技术|平台|服务|材料|工艺|规划|方案|设施|一体机)$")
WORK_JOINT = re.compile(
    r"[,，]?\s+(?:and|as well as|et|ainsi que|và|cũng như|dan|serta)\s+|[，,]?(?:以及|并)", re.I
)
STRONG_JOINT = re.compile(r"[,，]?\s+(?:as well as|ainsi que|cũng như|serta)\s+|以及", re.I)

# What joins items and closes them.
_JOINT = r"(?:and|as well as|et|ainsi que|và|cũng như|dan|serta|및|그리고)"
LEADING_JOINT = re.compile(rf"{_JOINT}\s+|以及|和|及", re.I)
INNER_JOINT = re.compile(rf"\s+{_JOINT}\s+|以及|和|及", re.I)
ENDING = re.compile(  # what joins to the next and what closes a list, no part of the item
    rf"\s{_JOINT}$|(?<=[가-힣])(?:하고|하며|이고|이며|이다|입니다)$|(?<=[치육선입축환원량화측])임$|(?<=[가-힣)）])의$"
    r"|\s등(?:[의을를]|\s(?:두|세|네|다섯|\d)\s?(?:가지|건|개)\S*)?$",
    re.I,
)
PAIR_JOINT = re.compile(r"\s및\s+|(?<=[가-힣])[와과]\s+")
SEPARATORS = (  # strongest first; the comma not in 3,000
    re.compile("[;；]"),
    re.compile(r"(?<=\s)[/／|+](?=\s)"),
    re.compile(r"[，、]|,(?!\d)"),
)
SEPARATOR = re.compile(
    "|".join(found.pattern for found in (*SEPARATORS, PAIR_JOINT, INNER_JOINT)), re.I
)
CLOSING = " \t\r\n;,.。；،؛，、/|+"
OPENING = " \t\r\n;,，、：:"

# Sentences.
SENTENCE = re.compile(r"[^\s.!?。！？][^\n]*?(?=[.!?](?:\s|$)|[。！？]|$)", re.M)
SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]|\n(?=\s|$|[^\n:：]{1,15}[:：])")
BACKGROUND = re.compile(  # a clause before what is asked for, which asks for nothing: how things stand, what was seen
    r"(?:(?!필요|희망|요청|원하|구하|찾)[^.!?\n])*?(?:(?:상황|실정|추세|형편|상태|처지)(?:이?며|이?고|으로|인데|이?나|이어서)|(?:견학|시찰|방문|둘러)[가-힣 ]{0,10}(?:며|고|으나)),\s+"
)
IN_ADDITION = re.compile(
    r"(?:또한|또는?\s|아울러|그리고|더불어|이와 함께|이와 더불어|이와 별도로|별도로|[이그] 밖에도?|여기에|나아가|추가로|이어서?\s|다음으로"
    r"|끝으로|마지막으로|한편|동시에|더하여|또\s|이\s?외에도?|그\s?외에?|병행하여|与此同时|另一方面|还|并|此外|另外|同时|其次|最后|另"
    r"|(?:in addition|also|moreover|furthermore|besides|additionally|separately|secondly|finally|lastly|last|in parallel|at the same time|on top of that|we also|a (?:second|third) need is|the other is|en parallèle|parallèlement|aussi|en outre|de plus"
    r"|par ailleurs|enfin|ensuite|également|ngoài ra|bên cạnh đó|đồng thời|cuối cùng|thêm vào đó|tiếp theo|song song(?: với đó)?|cùng với đó|hơn nữa|mặt khác|selain itu|lalu|sementara itu|di sisi lain"
    r"|di samping itu|terakhir|kemudian|selanjutnya)\b)[,，]?\s*",
    re.I,
)
OBLIGES = re.compile(  # a condition, even where it says that something is needed
    r"[어여아]야\s|\b(?:must|shall|should|doit|doivent|phải|harus|wajib)\b|必须|应当", re.I
)
SEMICOLON = re.compile("[;；]")
ASK_STOP = re.compile(  # where a clause that asks ends and another begins
    r"(?:에 관심이 (?:크|많|높)|[을를] \S*\s?과제로 꼽|[이가] (?:가장 |매우 |더 )?(?:급하|시급하|절실하|필요하))(?:았|었)?[고며],?\s+"
    r"|(?:[을를]|에 대해(?:서도)?|[가-힣]고|려)\s(?:(?:큰 |깊은 )?관심을 )?(?:표명하|보이|부탁하|문의하|구하|희망하|요청하|원하|바라|찾|의뢰하|제안하|검토하|우선으로 하|싶어 하|하)(?:고 있으|고 있|였으|었으|였|었)?[고며되],?\s+(?!있|싶)"
)
COLON = re.compile(r"[:：]|,?\s(?:namely|i\.e\.|yaitu|yakni|à savoir|cụ thể là|즉)\s|[，,]即", re.I)
OBJECT = re.compile(r"[을를이가]\s")
CLAUSE_STOP = re.compile(
    r"[;；]|(?:구하|희망하|요청하|원하|필요하|필요로 하|찾|관심사는 .{2,30}이|하?려고? 하|하고자 하|추진하|도입하|구매하|계획이|예정이|바라|싶어 하)(?:고 있으|고 있|였으|었으)?[고며되],?\s+"
    r"|[,，]?\s(?:and|et|và|dan)\s(?=(?:(?:it|we|they|he|she|elle|il|nous|ils)\s)?(?:also|aussi|cũng|juga)\b)",
    re.I,
)
BY_ONE = re.compile(  # one supplier is to bring it all
    r"(?:함께|일괄|한꺼번에|통합)\s(?:제안|수행|공급|설치|납품|맡)[가-힣]*(?:을|는|ㄹ|할|수)\s"
)
COMPOSED = re.compile(  # of one thing's pieces, or of what it works on
    r"로 (?:이루어|구성|되어|나뉘|만든|된 )|순(?:이|으로|서)|거쳐|거친|[을를] (?:갖춘|갖추|포함|탑재|부착|장착|사용|이용|활용|원료|고려|제출|명시|처리|모으|넘겨|일괄|결합|측정|전송)"
    r"|까지\s(?!원|희망|요청|필요|도입)|\s등\s(?!\d|[두세네]|다섯|[가-힣]*(?:분야|사업|과제|협력)|$)[가-힣]"
    rf"|{BY_ONE.pattern}"
)
COMMA_ITEM = re.compile("[^,，;；]+")
PARTICLE = re.compile(
    r"(?:[을를이가의]|에서|에 대[한하해]|에)\s|\s?등(?=\s|$|[을를의이])|(?:이다|입니다|임|이며|이고|이었다)(?=\s|$|,)|\s(?:구매|도입|요청|희망|필요|조달|모집|협력)(?=\s|$)"
)
ONE_AND_OTHER = re.compile(
    r"\bone (?:for|on|to|is|covering)\s(?P<one>.+?)[,;]?\s(?:and\s)?(?:one|another|the other)\s(?:for|on|to|is|covering)\s(?P<other>.+)",
    re.I,
)
ADDITION_TO = re.compile(
    r"(?:^|(?<=[.;]\s))(?:in addition to|besides|apart from|outre|en plus de|selain|ngoài|除了?)\s*(?P<one>[^,，.;]{8,}?)[,，]\s*(?P<other>.+)",
    re.I,
)
FRENCH_ONE = re.compile(r"(?:une?|des)\s", re.I)
FRENCH_ARTICLE = re.compile(r"(?:(?:et|ou|ainsi que) )?(?:(?:une?|des|les?|la|du)\s|l['’])", re.I)
HEAVY = re.compile(r"(?:the|an?|une?|les?|des?|la|sebuah|một|\d+)\s|(?:\S+\s+){2}", re.I)
ARE_NEEDED = re.compile(
    r"\s(?:are|is)(?: all| both)? (?:needed|required|sought|wanted|requested|invited|welcome)\b|\s(?:diperlukan|dibutuhkan)\b|\ssont (?:demandé|recherché|souhaité|nécessaire|requis)",
    re.I,
)
WHILE = re.compile(
    r",?\s(?:while|whereas|tandis que|sementara|sedangkan|trong khi|còn)\s|[，,]而", re.I
)
ASKER = re.compile(
    r"\S*(?:\s\S*){0,2}?(?:시|부|청|국|도|주|군|구|원|회|공사|정부|기관|당국|조합|업체|단지|측|공장|학교|병원|대학|농장|카운티|센터|공항|항)(?:에서[은는]?|[은는])\s"
)
SETTING = re.compile(  # what a sentence says first: who met, how things stand, what for
    r"[^,.\n]*?(?:(?:회의|협의|면담|상담|간담회|방문)에서는?|고 있어서?|기 위해서?|기 위하여|(?:과제|문제)로 보고|[가-힣]고자),?\s+(?=\S+\s\S)"
)
LAST_TAIL = re.compile(r"(?<=[가-힣])이[며고],\s|\s등\s(?:\d|두|세|네|다섯)\s?(?:개|가지)")
ALSO_LEAD = re.compile(r"(?:aussi|également|also|juga|pula|cũng)\s+", re.I)
JOINTLY = re.compile(r"(?<!도 )함께|동시에|같이|한꺼번에")
INTEREST_TAIL = re.compile(  # how a clause that asks ends, in other words than ASKED_TAIL's
    r"에 (?:대한 |대해 )?(?:큰 |깊은 )?관심[을이] \S+$|[이가] (?:가장 |매우 |더 )?(?:급|시급|절실|필요)하\S*$|[을를] \S*\s?과제로 꼽\S*$|(?:에 대해(?:서도)?|[을를]) (?:문의|부탁|의뢰|제안)\S+$"
)
ASKS_ABOUT = re.compile(r"에 (?:대해(?:서도)?|관심)|[가-힣]도\s")
OWN_TOPIC = re.compile(r"\S+(?:\s\S+){0,2}[은는]\s")
ASK_CLAUSE = re.compile(r"[을를]\s(?:찾|구하|원하|희망하|요청하|바라)(?:고 있으)?[고며],?\s+")
AFTERWORD = re.compile(r"[，,；;]\s*(?:可|并可|请|均|各|要求|总|每|预算|具体)")
AFTER_NUMBER = re.compile(
    r"(?:[을를]\s\S+|[은는이가])?(?:로서?|으로서?|인데|이며|이고|임|이다|다)?[,，]?\s*|"
)
BEFORE_NUMBER = re.compile(r"(?:\s?(?:등|等)|의)?(?:의)?\s?$")
ANNOUNCED = re.compile(  # how many things are asked for
    r"(?P<number>둘|두|세|셋|네|넷|다섯|[2-9]|two|three|four|five|deux|trois|quatre|cinq|hai|ba|bốn|năm|dua|tiga|empat|lima|[两二三四五])"
    r"\s?(?:개\s?)?(?:가지|갈래|건|분야|사업|과업|과제|항목|품목|부분|방향|축|부문|기술|제품|설비|종류?|(?:\w+ )?(?:areas|requests|needs|things|lots|components|works|packages|activities"
    r"|parts|offers|fields|topics|priorities|projects|items|products|volets|marchés|lots|besoins|axes|prestations|actions|domaines)\b"
    r"|(?:nội dung|lĩnh vực|hạng mục|gói|nhu cầu|việc|vấn đề|kegiatan|hal|bidang|paket|kebutuhan|pekerjaan|komponen)\b"
    r"|个?(?:方面|领域|项目|方向|项|类|种|大类|部分))",
    re.I,
)
NUMBERS = {
    word: value
    for value, row in enumerate(
        (
            "둘 두 2 two deux hai dua 两 二",
            "셋 세 3 three trois ba tiga 三",
            "넷 네 4 four quatre bốn empat 四",
            "다섯 5 five cinq năm lima 五",
        ),
        start=2,
    )
    for word in row.split()
}
CUE_OF_LIST = re.compile(
    r"다음|아래|이하|\b(?:following|below|suivant\w*|ci-dessous|sau(?: đây)?|berikut(?: ini)?|dưới đây)\b|以下|如下",
    re.I,
)
ALSO = re.compile(  # further down a sentence, the same as IN_ADDITION before it
    r"[가-힣]\s역시\s|[가-힣]도\s+(?:있으면|환영|관심)|[가-힣]도\s+(?:함께\s|같이\s|따로\s)?(?:구하|구함|찾|필요|희망|요청|도입|원하|원함|구매)|[还也]需|\b(?:also|aussi|également|cũng|juga)\b",
    re.I,
)
ASKS = re.compile(
    "구함|구하고|구하려|구한다|구합니다|찾습니다|필요합|원합니다|바랍니다|부탁|관심|급하|급함|있으면 좋|보고 싶|만들고 싶|환영|모집|추천|구입하|조달하|시급|절실|의뢰|맡길|맡기|"
    "찾음|찾고|찾는다|필요함|필요하|필요로|희망|요청|도입하|도입할|원함|원하|원한다|바란다|바람|구매하|구매할"
    "|기를 (?:원|희망|바라)|[았었였했]으면 (?:한|합|함|좋|하)|달라고|해 줄|싶다|싶어|제안[하했]|문의|하고자|하려 ?[함한]|[를을] 검토 중|우선으로 하|과제로 꼽|할 (?:계획|예정)|需要|寻求|希望|采购|还需|"
    r"\b(?:we (?:also )?(?:need|require)|needs|needed|required|requires|wants?|seek\w*|looking for|interested in|sought|(?:are|is) after|lookout|in the market|would like|welcome|call(?:s|ing)? for|invit\w+|request\w*|cherch\w+|recherch\w+|souhait\w+|sollicit\w+"
    r"|besoin|intéress\w+|cần|quan tâm|mong|tìm|tertarik|membutuhkan|mencari|dicari|meminta|diperlukan|dibutuhkan|memerlukan)\b",
    re.I,
)
