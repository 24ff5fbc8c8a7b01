"""Find the lines that a site puts around its documents, and keep them in a file that a person edits.

What stands at the head or tail of many documents of one folder belongs to the site they come from, or to the kind of
document (a masthead, a salutation, a date). Which of the two, a person must say: the file lists all of them, with those
that do not speak of a site commented out and a reason beside each, and `clean` removes what is in force in it.

A line of the file is a line of text; `*` stands for any characters, `\\*` for an asterisk, `#` begins a comment.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from cnpolicy.patterns import pattern

EDGE = 8  # lines at each end of a document that are looked at; sites put up to six there
LONGEST = 120  # characters; longer lines are text

_NUMBER = pattern(r"[0-9０-９]+(?:[.:：/-][0-9０-９]+)*")
_BLANKS = pattern(r"[ \t\xa0\u3000]+")
_SPECIAL = pattern(r"[*\\]")
# What documents themselves begin and end with, and what a person is told about it.
_OWN = (
    (
        "a date",
        pattern(
            "[（(]?[*〇零○一二三四五六七八九十]+年[*一二三四五六七八九十]+月(?:[*一二三四五六七八九十]+日)?[)）]?|\\*[.-]\\*[.-]\\*"
        ),
    ),
    (
        "a salutation",
        pattern(
            "(?:尊敬的|敬爱的|亲爱的|各位).{0,40}[：:，,！!]|.{0,40}[们士生友员表长导宾委民師师姓][：:]|"
            ".{0,40}(?:同志们|同志|朋友们|代表|委员|来宾|同學們|先生|女士|领导)[，,！!]?|(?:大家|同志们|你们).{0,4}好[！!。，]?"
        ),
    ),
    (
        "the number of an issue or a document",
        pattern(
            "[^。]{0,30}[〔\\[（(【]\\*[〕\\])）】].{0,4}\\*号|(?:总?第|[（(]总?第?)\\*[次届期号章篇讲轮批]?.{0,40}"
        ),
    ),
    (
        "a heading",
        pattern(
            "[一二三四五六七八九十百]+、.*|[（(][一二三四五六七八九十]+[)）].*|\\*[、.．].*|"
            "第[*一二三四五六七八九十百]+[章节条篇部编].*|附件?\\*?[：:]?.*|附[表录].*|主题词.*|关键词.*|摘要.*|目录|前言|总则|附则"
        ),
    ),
    (
        "thanks or a wish",
        pattern(
            ".{0,6}(?:谢谢|致谢|此致|敬礼|祝愿|祝).{0,30}|(?:特此|现予|请).{0,8}[。！!]?|妥否.{0,10}|以上.{0,12}[。！!]"
        ),
    ),
    (
        "whom it is sent to",
        pattern(
            "(?:报|送|发|抄送|抄报|主送|分送|报送|發|報|抄報)[：: ].*|.{0,12}共?印(?:数|发)?.{0,3}\\*份.{0,4}|"
            ".{0,20}印发"
        ),
    ),
    (
        "a title",
        pattern(
            "[^。]{0,60}(?:简报|通知|通报|讲话|报告|意见|公报|公告|决定|办法|方案|总结|纪要|要点|发言|致辞|批复|条例|规定|信息|文件)"
        ),
    ),
    (
        "an office or a signature",
        pattern(
            ".{0,30}(?:委员会|人民政府|办公室|办公厅|领导小组|指挥部|局|部|处|厅|院|党委|党组|县委|市委|省委|区委|政府|编|书记|主任|[省市县区镇乡]长)"
        ),
    ),
)
# What a site says of itself, and of what a reader can do there. The second kind stands in titles of documents, too:
# it counts where a line is none of the above.
_OF_A_SITE = pattern(
    "首页|首頁|网站|網站|官网|[\u4e00-\u9fff]网(?![络箱格点吧上])|[\u4e00-\u9fff]網(?![絡上])|频道|頻道|栏目|导航|"
    "版权所有|版權所有|备案号|公网安备|责任编辑|責任編輯|责编[：:]|网编|打印|关闭窗口|關閉|返回|点击|點擊|浏览|瀏覽|访问量|"
    "阅读[量数次全]|点赞|字号[：:]|字体[：:]|(?:来源|來源|稿源|上传时间|更新时间|发布时间|发布日期)[：:]|扫一扫|扫码|二维码|微信|微博|"
    "公众号|公眾號|客户端|手机版|上一[篇页条]|下一[篇页条]|相关(?:链接|阅读|文章|新闻|推荐)|推荐阅读|猜你喜欢|搜索|登录|注册|纠错|"
    "联系我们|技术支持|范文|文库|会员|充值|(?i:copyright|https?:|www\\.|\\.com|\\.cn|\\.net|\\.org|icp备|admin)|[>＞»›→©]"
)
_PERHAPS_OF_A_SITE = pattern(
    "平台|专栏|專欄|专题|位置|转载|轉載|收藏|分享|评论|留言|阅读|閱讀|下载|热门|素材|写作|免费|声明|主办|承办|邮箱|电脑版|[|｜]"
)
_ENDS = "。；！？!?”"
_CLAUSES = 20  # characters of a line with a comma in it that is a sentence of the text
_DIGITS_ONLY = pattern(r"[*\-—.·（）() ]*")


class Edges(NamedTuple):
    """The lines at the head and at the tail of a document, as `chrome` compares them."""

    head: tuple[str, ...]
    tail: tuple[str, ...]


class Recurring(NamedTuple):
    """A line that recurs: where, and in how many of the folder's documents.

    `reason` says why it may be the documents' own; it is empty for what a site put there.
    """

    folder: str
    line: str
    documents: int
    of: int
    place: str
    reason: str

    @property
    def own(self) -> bool:
        """Whether it may be the documents' own."""
        return self.reason != ""


def edges(text: str) -> Edges:
    """Return the first and last lines of a text that are not blank; of a short text, the first half and the last."""
    lines = [line for line in text.split("\n") if line.strip(" \t\xa0\u3000")]
    size = min(EDGE, len(lines) // 2)
    return Edges(tuple(map(generalise, lines[:size])), tuple(map(generalise, lines[len(lines) - size :])))


def generalise(line: str) -> str:
    r"""Return the line as a pattern: without blanks around it, runs of blanks as one, `*` for its numbers.

    >>> generalise("　浏览次数： 1,024 次 ")
    '浏览次数： *,* 次'
    """
    return _NUMBER.sub("*", _SPECIAL.sub(r"\\\g<0>", _plain(line)))


def _plain(line: str) -> str:
    return _BLANKS.sub(" ", line).strip(" ")


def find_recurring(documents: Iterable[tuple[str, Edges]], least: int, share: float) -> list[Recurring]:
    """Return the lines that recur at the edges of a folder's documents, by folder, the most frequent first.

    `documents` are names, with `/` between their parts, and edges. A line recurs when it stands at the head, or at the
    tail, of at least `least` documents of its folder and of at least `share` (0 to 1) of them.
    """
    sizes: Counter[str] = Counter()
    heads: Counter[tuple[str, str]] = Counter()
    tails: Counter[tuple[str, str]] = Counter()
    for name, found in documents:
        folder = name.rpartition("/")[0]
        sizes[folder] += 1
        heads.update((folder, line) for line in dict.fromkeys(found.head) if len(line) <= LONGEST)
        tails.update((folder, line) for line in dict.fromkeys(found.tail) if len(line) <= LONGEST)
    recurring = []
    for folder, line in sorted(heads.keys() | tails.keys()):
        at_head, at_tail = heads[folder, line], tails[folder, line]
        most = max(at_head, at_tail)
        if most < least or most < share * sizes[folder] or _DIGITS_ONLY.fullmatch(line):
            continue
        place = "head" if at_head >= 2 * at_tail else "tail" if at_tail >= 2 * at_head else "head and tail"
        recurring.append(Recurring(folder, line, most, sizes[folder], place, reason_to_keep(line)))
    recurring.sort(key=lambda one: (one.folder, -one.documents, one.line))
    return recurring


def reason_to_keep(line: str) -> str:
    """Return why a line that recurs may be the documents' own; empty if it speaks of a site.

    >>> reason_to_keep("同志们："), reason_to_keep("浏览次数：* 次"), reason_to_keep("某某集团")
    ('a salutation', '', 'nothing in it tells that a site put it there')
    """
    if line.endswith(tuple(_ENDS)) or (len(line) > _CLAUSES and ("，" in line or "," in line)):
        return "" if _OF_A_SITE.search(line) and not line.endswith("。") else "a sentence"
    if _OF_A_SITE.search(line):
        return ""
    for reason, own in _OWN:
        if own.fullmatch(line):
            return reason
    return "" if _PERHAPS_OF_A_SITE.search(line) else "nothing in it tells that a site put it there"


def write_list(recurring: Iterable[Recurring]) -> Iterator[str]:
    """Yield the lines of the file for a person to edit.

    Only what speaks of a site is in force; what may be the documents' own follows in each folder, commented out, each
    line with the reason. Used as it is, the file takes away nothing of a text.
    """
    yield "# Lines that recur at the head or tail of documents. Those in force speak of a site. The others are left\n"
    yield "# out, with the reason: remove the # before what is the site's all the same, and delete what is not.\n"
    yield "# Then: cnpolicy clean PATH -o DIR --chrome THIS_FILE\n"
    yield "# * stands for any characters, \\* for an asterisk. The same line in the middle of a text stays.\n"
    folders = groupby(recurring, key=lambda one: (one.folder, one.of))
    listed: set[str] = set()
    for (folder, size), group in folders:
        yield f"\n# == {folder or 'top folder'} ({size:,} documents)\n"
        for one in sorted(group, key=lambda one: one.reason != ""):  # in their order otherwise
            told = f"# {one.documents:,} documents, {one.place}"
            yield f"{told}; left out: {one.reason}\n" if one.reason else f"{told}\n"
            if one.line in listed:
                yield f"# listed above: {one.line}\n"
                continue
            listed.add(one.line)
            if one.reason:
                yield f"# {one.line}\n"
            else:
                yield ("\\" if one.line.startswith("#") else "") + f"{one.line}\n"


def read_list(text: str) -> tuple[str, ...]:
    """Return the patterns of such a file in sorted order; ValueError, with the line's number, for one too wide.

    >>> read_list("# 首页\\n您的位置：*\\n\\n")
    ('您的位置：*',)
    """
    found = set()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        kept = line.strip(" \t\xa0\u3000")
        if not kept or kept.startswith("#"):
            continue
        kept = kept.removeprefix("\\") if kept.startswith("\\#") else kept
        if not kept.replace("*", "").strip():
            raise ValueError(f"line {number}: {kept!r} would remove any line; it needs some text beside the *")
        found.add(kept)
    return tuple(sorted(found))


class _Matcher(NamedTuple):
    """Patterns ready for matching: lines without a wildcard, and the literal parts of those with some."""

    exact: frozenset[str]
    wild: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=4)
def _matcher(patterns: tuple[str, ...]) -> _Matcher:
    split = [tuple(_ESCAPE.sub(r"\1", part) for part in _parts(one)) for one in patterns]
    return _Matcher(
        frozenset(parts[0] for parts in split if len(parts) == 1), tuple(parts for parts in split if len(parts) > 1)
    )


_ESCAPE = pattern(r"\\(.)")
_TOKEN = pattern(r"\\.|\*|[^*\\]+|\\$")


def _parts(one: str) -> Iterator[str]:
    """Yield what stands between the wildcards of a pattern."""
    part: list[str] = []
    for token in _TOKEN.findall(one):
        if token == "*":
            yield "".join(part)
            part = []
        else:
            part.append(token)
    yield "".join(part)


def matches(line: str, patterns: tuple[str, ...]) -> bool:
    r"""Tell whether a whole line is what one of the patterns describes.

    >>> matches(" 浏览次数：31", ("浏览次数：*",)), matches("3*4", (r"3\*4",)), matches("3 4", (r"3\*4",))
    (True, True, False)
    """
    if not patterns:
        return False
    plain = _plain(line)
    exact, wild = _matcher(patterns)
    return plain in exact or any(_fits(plain, parts) for parts in wild)


def _fits(line: str, parts: tuple[str, ...]) -> bool:
    """Tell whether the parts follow each other in the line, from its first character to its last: in linear time."""
    first, *middle, last = parts
    if len(line) < len(first) + len(last) or not (line.startswith(first) and line.endswith(last)):
        return False
    place, end = len(first), len(line) - len(last)
    for part in middle:
        place = line.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True
