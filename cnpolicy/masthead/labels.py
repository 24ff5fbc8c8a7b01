"""Labels (发文机关：…, 成文日期：…), as web sites and letters put them before what they say."""

from cnpolicy.masthead.dates import DATE_LINE, DATE_VALUE, date_of
from cnpolicy.masthead.lines import HAN, LONGEST_TITLE, NOISE, H, Line, squeeze
from cnpolicy.masthead.numbers import NUMBER_WITH_YEAR, number_match, number_of
from cnpolicy.masthead.reading import Reading, Token
from cnpolicy.masthead.speakers import person_of_label
from cnpolicy.patterns import pattern

# Labels with their field and rank; None for those that only end the value before them.
_FIELDS_OF_LABELS: tuple[tuple[tuple[str, int] | None, tuple[str, ...]], ...] = (
    (
        ("date", 1),
        (
            "成文日期 发文日期 发文时间 签发日期 生成日期 成文时间 印发日期 發文日期 讲话时间",
            "答复时间 答复日期 回复时间 回复日期 办理时间 答覆日期",
        ),
    ),
    (
        ("date", 5),
        (
            "发布日期 发布时间 发表时间 发表日期 更新时间 更新日期 录入时间 上传时间 公布日期 时间 日期",
            "發行日期 出版日期 出刊日期 发行日期 刊登日期 刊发日期 刊发时间 發布日期 發佈日期 發佈時間 發布時間 時間",
        ),
    ),
    (
        ("issuer", 1),
        (
            "发文机关 发文机构 发文单位 编发单位 编发 发电单位 发电机关",
            "主办单位 主办 发行单位 编印单位 编印 制发机关 制发单位 印发机关",
            "发布单位 答复单位 答复机关 回复单位 回复部门 答复部门 办理单位 答覆單位",
            "發文單位 發文機關 編發單位 主辦單位 主辦 發行單位 編印單位 編印 發布單位",
        ),
    ),
    (("issuer", 7), ("发布机构 发布机关 发布部门 公开机构 公开部门 發布機關",)),
    (("number", 1), ("发文字号 文号 公文字号 发文文号 发布文号 文件编号 發文字號 文件号 发文号",)),
    (
        ("title", 1),
        (
            "标题 标题名称 名称 公文名称 文件名称 信息名称 法规名称 规章名称 文件标题 信息标题",
            "主旨 標題 題目 题目 開會事由 开会事由",
        ),
    ),
    (("speaker", 1), ("讲话人 报告人 演讲人 主讲人 致辞人 发言人 講話人 報告人 主講人 致詞人 演講人",)),
    (
        None,
        (
            "来源 信息来源 文章来源 稿件来源 稿源 來源 作者 编辑 责任编辑 責任編輯 编辑者 责编",
            "主编 副主编 审核 審核 校对 记者 通讯员",
            "浏览次数 浏览量 浏览 阅读次数 阅读 点击 点击数 点击率 访问量 访问次数 字号 字体 字體",
            "大中小 视力保护色 分享",
            "签发人 签发 索引号 信息索引号 信息分类 信息类别 主题分类 分类 体裁分类 组配分类",
            "制定机关 服务对象 主题词 关键词 栏目",
            "有效性 时效 效力状态 文件状态 失效日期 实施日期 施行日期 生效日期 废止日期 归档时间 内容概述 公开目录",
            "公开方式 公开形式 公开范围 公开时限 密级 紧急程度 保存期限 档号 檔號 责任部门 附件 地址 邮编 電子信箱",
            "来信人 来信时间 来信日期 来信内容 来信主题 答复内容 回复内容 提问时间 写信时间",
            "地点 地點 開會地點 开会地点 開會時間 开会时间 發布人 发布人",
            "主持人 主持 主席 出席 出席人员 出席人員 列席 列席人员 参加人员 记录 記錄 紀錄 等级 等級",
            "受文者 速別 密等及解密條件或保密期限 保存年限 分類號 案號 頁次",
            "承辦人 聯絡人 联系人 联系电话 电话 電話 傳真 传真 依據 正本 副本",
        ),
    ),
)
_LABELS = {label: field for field, labels in _FIELDS_OF_LABELS for label in " ".join(labels).split()}


def _compile_labels() -> str:
    # Longest first: 发布日期 is not 日期.
    longest_first = sorted(_LABELS, key=len, reverse=True)
    spaced = "|".join(" {0,4}".join(label) for label in longest_first)
    return f"(?<![{H}])(?P<label>{spaced}) {{0,2}}(?:[】\\]] {{0,2}}:?|:)"


_LABEL = pattern(_compile_labels())
# Labels that are not in the list, beside some that are.
_LABELLED = pattern(rf"[{H}]{{2,6}}:[^:。，]{{1,30}}")
# What the last word of a label is, whatever stands before it: 参加人, 报名时间.
_LIKE_LABEL = pattern(
    f"[{H}]{{0,5}}(?:[时時][间間]|日期|期限|地[点點]|人[员員]?|[单單]位|[机機][构構]|部[门門]|[议議主]题|[議主]題|事由|方式|[范範][围圍]|"
    "[电電][话話]|[编編][号號]|[类類][别別]|级别|状态) ?:[^。]{1,60}"
)
_NEXT_LABEL = pattern(f" [{H}]{{2,6}}:")


def take_labels(reading: Reading, line: Line) -> bool:
    """Read a line of labels with their values (发布机构：… 成文日期：…); False if it does not begin with one."""
    found = list(_LABEL.finditer(line.text))
    if not found or len(line.text[: found[0].start()].strip("【[ |")) > 0:
        # 2014年3月7日 来源：… has the date before the first label.
        before = line.part(0, found[0].start()) if found else line
        if not found:
            if not _LIKE_LABEL.fullmatch(line.text):
                return False
            reading.tokens.append(Token("label", line))
            return True
        if match := DATE_LINE.fullmatch(before.text):
            reading.add("date", 5, date_of(match), before, "certain")
        elif len(found) < 2 or not _LABELLED.fullmatch(before.text):
            return False
    ends = [match.start() for match in found[1:]] + [len(line.text)]
    for match, end in zip(found, ends, strict=True):
        known = _LABELS[match["label"].replace(" ", "")]
        value = line.part(match.end(), end)
        value = value.part(0, len(value.text.rstrip("【[|( ")))
        if known is not None and known[0] == "issuer" and (other := _NEXT_LABEL.search(value.text)):
            value = value.part(0, other.start())
        if known is not None and value.text:
            take_label(reading, *known, value)
        elif value.text[-1:] in ("号", "號"):
            # 等级：特急　　某府办发电〔2012〕5号
            behind = value.part(value.text.rfind(" ") + 1, len(value.text))
            if (number := NUMBER_WITH_YEAR.fullmatch(behind.text)) and number["code"]:
                reading.add("number", 2, number_of(number), behind, "certain")
        reading.pending = None if value.text else known
    reading.tokens.append(Token("label", line))
    return True


def take_label(reading: Reading, field: str, rank: int, value: Line) -> bool:
    """Take the value of a label; False if it cannot be one."""
    if field == "date":
        if match := DATE_VALUE.match(value.text):
            reading.add("date", rank, date_of(match), value.part(match.start(), match.end()), "certain")
            return True
    elif field == "number":
        if match := number_match(value.text):
            reading.add("number", rank, number_of(match), value.part(match.start(), match.end()), "certain")
            return True
    elif field == "issuer":
        if 2 < len(value.text) <= 60 and HAN.search(value.text) and not NOISE.search(value.text):
            reading.add("issuer", rank, reading.written(value), value, "certain")
            return True
    elif field == "title":
        value = value.part(0, len(value.text.rstrip("。")))
        if value.text and len(value.text) <= 3 * LONGEST_TITLE and "。" not in value.text:
            reading.add("title", rank, reading.written(value), value, "certain")
            return True
    elif name := person_of_label(squeeze(value.text)):
        reading.add("speaker", rank, name, value, "certain")
        return True
    return False
