"""What a web page put around a text, and what is left of its markup."""

import re
from collections.abc import Iterable, Iterator

from cnpolicy.chrome import matches
from cnpolicy.findings import Finding
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import HAN

_BLANKS = " \t\xa0\u3000"
_ALWAYS = "打印本页|打印此页|打印本文|关闭窗口|关闭本页|返回顶部|返回首页|返回列表|加入收藏|设为首页"
_BUTTON = f"(?:{_ALWAYS}|我要打印|我要纠错|打印|关闭|收藏|分享|顶部|返回|推荐)"
_COUNTS = "点击数?|点击率|点击量|浏览次数|浏览量|访问量|阅读量|阅读次数"
_SHOWN = "点击|浏览|访问|阅读次数|阅读量|字号|字体|打印|分享|收藏"
_WHERE = "(?:您|你)?(?:所在的?|现在的?|当前的?|目前的?|現在的?|當前的?)?(?:位置|位於)(?:是|在)?"
_DOMAIN = "(?:https?://)?[A-Za-z0-9-]{2,40}(?:\\.[A-Za-z0-9-]{2,20}){0,2}\\.(?:com|cn|net|org|COM|CN|NET|ORG)/?"
_EDITOR = "(?:责任编辑|责编|网页编辑|責任編輯|網頁編輯|责任校对)"
_EDGE = "[【\\[(（]?"
_END = "[】\\])）]?"
# Whole lines of a page's head or tail; the same words within a paragraph are text.
_CHROME = pattern(
    "|".join(
        (
            # where the page lies in its site
            f"{_WHERE}[:： ].{{0,80}}[>＞»›→].{{0,60}}",
            "(?:网站首页|首页|主页|首頁)(?:[ \t]*[>＞»›→|].{1,20}){1,6}",
            # who put it there, when, and how often it was read
            f"{_EDGE}{_EDITOR}[:：][^。，,]{{0,24}}{_END}",
            f"(?:来源|文章来源|信息来源|稿源|发布时间|发布日期|时间|日期|作者)[:：][^。]{{0,80}}(?:{_SHOWN})[^。，,]{{0,60}}",
            f"(?:{_COUNTS})[:： ]{{1,2}}[0-9]{{0,9}}次?",
            "(?:admin|管理员)[ \t]*(?:分享|发布|发表|上传).{0,80}",
            ".{0,60}(?:预计|约需)?阅读(?:时长|时间|需时?)[约：:]?[0-9]{1,4}(?:分钟|分|秒).{0,10}",
            # what a reader can do with the page
            f"{_EDGE}(?:字号|字体)[:： ]?(?:[ \t]*[【\\[(（]?[大中小][】\\])）]?){{2,3}}.{{0,40}}",
            f"{_EDGE}{_BUTTON}{_END}(?:[ \t|｜/]*{_EDGE}{_BUTTON}{_END}){{1,6}}",
            f"{_EDGE}(?:{_ALWAYS}){_END}",
            "(?:分享到|分享至)[:：]?.{0,40}",
            "(?:上一[篇页条]|下一[篇页条])(?:[:： ].{0,60})?",
            "(?:相关(?:阅读|链接|文章|新闻|推荐|文档|报道)|猜你喜欢|热门推荐|推荐阅读|延伸阅读)[:：]?",
            ".{0,8}(?:微信|手机|扫码|二维码).{0,6}(?:扫一扫|扫码|扫描|二维码|关注|分享|领取|下载).{0,16}",
            "扫一扫.{0,30}",
            "(?:点击|立即|免费)?(?:领取福利|下载全文|查看更多|展开全文|阅读全文)",
            # whose site it is
            "(?:版权所有|技术支持|网站地图)[:： ].{0,80}",
            ".{0,40}(?:ICP备|公网安备).{0,40}",
            "Copyright.{0,100}",
            _DOMAIN + "(?:[ \t]*[—\\-|_ ].{0,40})?",
        )
    )
)
# The number of a page in its site. In the head it must be longer than a date that lost its 年 and 月 (20100825).
_NUMBER_AT_TAIL = pattern("[0-9]{5,14}")
_NUMBER_AT_HEAD = pattern("[0-9]{9,14}")
_LONGEST = 160  # characters; longer lines are text
_HEAD, _TAIL = 4, 2  # lines of text that chrome can stand among: title, subtitle, author, date; signature, date
_PAGE_MARK = pattern("[(（]第?([0-9]{1,3})/([0-9]{1,3})页?[)）]$")


def _from_head(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of the lines with text, without the blanks around it, from the first on."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if text[start:end].strip(_BLANKS):
            yield start, end
        start = end + 1


def _from_tail(text: str) -> Iterator[tuple[int, int]]:
    """Yield them from the last on."""
    end = len(text)
    while end >= 0:
        start = text.rfind("\n", 0, end) + 1
        if text[start:end].strip(_BLANKS):
            yield start, end
        end = start - 1


_EDITORS = pattern(f"{_EDGE}{_EDITOR}[:：]")
# What the colophon of a bulletin has beside its editor, in the same line, and in the lines around it.
_IN_COLOPHON = pattern("审核|审稿|签发|核稿|校对[:：]|电话|印数|共印|抄送|審核|審稿|簽發|核稿|電話|印數|抄報|抄报")
_BY_COLOPHON = pattern(
    "共印|印数|印數|抄送|抄报|抄報|报送|報送|主送|(?:报|送|发|報|發)[ \u3000]{0,4}[:：]|(?:本期)?(?:编辑|編輯)[:：]"
)
_NEAR = 6  # lines of text from the end: distribution list, number of copies, issuer, date


def _has_colophon(text: str) -> bool:
    """Tell whether a bulletin ends here, with those it is sent to or the number of copies."""
    others = 0
    for start, end in _from_tail(text):
        line = text[start:end].strip(_BLANKS)
        if _is_chrome(text, start, end) or _NUMBER_AT_TAIL.fullmatch(line):
            continue
        if end - start <= _LONGEST and (_BY_COLOPHON.match(line) or "共印" in line):
            return True
        others += 1
        if others == _NEAR:
            return False
    return False


def _is_editor_of_bulletin(text: str, start: int, end: int, colophon: bool) -> bool:
    """Tell whether a line names the editor of a bulletin and not of a web page."""
    line = text[start:end].strip(_BLANKS)
    return _EDITORS.match(line) is not None and (colophon or _IN_COLOPHON.search(line) is not None)


def _is_chrome(text: str, start: int, end: int) -> bool:
    if end - start > _LONGEST:
        return False
    return _CHROME.fullmatch(text[start:end].strip(_BLANKS)) is not None


def _is_of_page(text: str, start: int, end: int, colophon: bool, listed: tuple[str, ...]) -> bool:
    """Tell whether a line is the page's: one that a person has listed, or one that no text has."""
    if end - start <= _LONGEST and matches(text[start:end], listed):
        return True
    return _is_chrome(text, start, end) and not _is_editor_of_bulletin(text, start, end, colophon)


@rule(
    "web-chrome",
    "inferred",
    example=(
        "您所在的位置：首页 > 党建 > 正文\n全县党建工作会议召开\n昨日，全县党建工作会议召开。\n责任编辑：某某\n",
        "全县党建工作会议召开\n昨日，全县党建工作会议召开。\n",
    ),
)
def remove_web_chrome(text: str, context: Context) -> Iterable[Finding]:
    """Remove lines of a web page around the text: where it lies, who edited it, what else there is to click.

    Only whole lines are removed, only at the head and at the tail of a text, and only such as no text has. The list
    can know some sites and not all of them: `cnpolicy chrome` finds the lines that recur in a folder. The mark of a
    page among several (第2/3页) goes from the title.
    """
    chrome: dict[int, int] = {}
    listed = context.options.chrome
    colophon = any(word in text for word in ("编", "編", "责任校对")) and _has_colophon(text)
    others = 0
    marks: list[tuple[int, int]] = []
    for start, end in _from_head(text):
        if end - start <= _LONGEST:
            page = _is_of_page(text, start, end, colophon, listed)
            if page or (not others and _NUMBER_AT_HEAD.fullmatch(text[start:end].strip(_BLANKS))):
                chrome[start] = end
                continue
            mark = _page_mark(text, start, end)
            if mark:
                marks.append((mark.start(), mark.end()))
        others += 1
        if others == _HEAD:
            break
    others = 0
    for start, end in _from_tail(text):
        if end - start <= _LONGEST:
            page = _is_of_page(text, start, end, colophon, listed)
            if page or (not others and _NUMBER_AT_TAIL.fullmatch(text[start:end].strip(_BLANKS))):
                chrome[start] = end
                continue
        others += 1
        if others == _TAIL:
            break
    if not others:
        return  # nothing would be left
    spans = [(start, min(end + 1, len(text))) for start, end in chrome.items()]
    for start, end in sorted([*spans, *(mark for mark in marks if mark[0] not in chrome)]):
        yield Finding("web-chrome", start, end, text[start:end], "", "inferred")


def _page_mark(text: str, start: int, end: int) -> re.Match[str] | None:
    """Return the mark of a page at the end of a title."""
    if end - start > _LONGEST or "。" in text[start:end]:
        return None
    end = start + len(text[start:end].rstrip(_BLANKS))
    mark = _PAGE_MARK.search(text, max(start + 1, end - 12), end)
    return mark if mark and int(mark[1]) <= int(mark[2]) and int(mark[2]) > 1 else None


@rule("truncated", "reported", needs="/", example=("在动员大会上的讲话(第2/3页)\n", "在动员大会上的讲话(第2/3页)\n"))
def report_truncated(text: str, _: Context) -> Iterable[Finding]:
    """Report that a text is one page of several, by the mark in its title.

    The mark itself is the page's and goes with it; that the rest of the text is missing must not be lost.
    """
    for number, (start, end) in enumerate(_from_head(text)):
        mark = _page_mark(text, start, end)
        if mark:
            note = f"page {mark[1]} of {mark[2]}; the others are missing"
            yield Finding("truncated", mark.end(), mark.end(), "", "", "reported", note=note)
        if number == _HEAD * 2:
            break


# -- Markup -----------------------------------------------------------------------------------------------------------

_BLOCK = (
    "p|br|div|tr|li|ul|ol|dl|dd|dt|h[1-6]|hr|table|tbody|thead|center|blockquote|section|article|header|footer|title|"
    "body|html|head|form"
)
_INLINE = (
    "a|b|i|u|s|em|strong|span|font|img|sup|sub|small|big|label|input|button|iframe|meta|link|nobr|wbr|tt|code|pre|"
    "object|embed|param|base|figure|figcaption|o:p|(?:st1|v|w):[a-z]{1,20}"
)
_TAG = pattern(
    "<!--[^<>]{0,400}-->|<(?P<dead>style|script)\\b[^<>]{0,300}>(?:[^<]|<(?!/?(?:style|script)\\b)){0,4000}+</(?P=dead)>|"
    f"<(?:(?P<block>/?(?:{_BLOCK}))|(?P<cell>/t[dh])|/?(?:t[dh]|{_INLINE}|style|script))(?:[ \t/][^<>]{{0,300}})?>",
    re.IGNORECASE,
)
_REST = pattern(r"&nbsp(?![;A-Za-z])|(?<![&A-Za-z])nbsp;")
# A line of a style sheet or of a script, without a Chinese character in it.
_CODE = pattern(
    f"^[{_BLANKS}]*+(?:[.#@]?[A-Za-z][^{HAN}{{}}\n]{{0,120}}\\{{[^{HAN}{{}}\n]{{0,600}}:[^{HAN}{{}}\n]{{0,600}}\\}}|"
    f"(?:var [A-Za-z_$]|function[ (]|document\\.|window\\.|\\$\\()[^{HAN}\n]{{0,600}}[;{{}}])[{_BLANKS}]*+$\n?",
    re.MULTILINE,
)
_HANS = pattern(f"[{HAN}]")
_ABOUT = pattern("标签|标记|標籤|標記|代码|代碼|程序|元素|属性|HTML|html|网页编辑器")
_ENDING = pattern("/(?:p|div|tr|li|h[1-6]|table|title|blockquote)|br|hr", re.IGNORECASE)


def _is_mentioned(text: str, start: int, end: int) -> bool:
    """Tell whether a tag is what the text is about: quoted alone, or at an edge of a quotation in a line about HTML."""
    before, behind = text[max(start - 1, 0) : start], text[end : end + 1]
    opens, closes = before in tuple("“‘「『`\"'"), behind in tuple("”’」』`")
    if opens and (closes or behind in tuple("\"'")):
        return True
    if not opens and not closes:
        return False
    last = text.find("\n", end)
    return _ABOUT.search(text, text.rfind("\n", 0, start) + 1, last if last >= 0 else len(text)) is not None


@rule(
    "html-rest",
    "inferred",
    needs="<&;}",
    example=("<p>会议<b>强调</b>，要抓好落实。</p><br/>散会。", "会议强调，要抓好落实。\n\n散会。"),
)
def remove_html_rest(text: str, _: Context) -> Iterable[Finding]:
    """Remove tags, style sheets and scripts that were left when a page was turned into text.

    A line end takes the place of what ends a paragraph, a space that of what ends a cell. Only names that HTML and
    Word have are tags: < in a formula, 〈 and 《 are none, and neither is what stands quoted in a text about HTML.
    """
    if not _HANS.search(text):
        return
    found: list[Finding] = []
    for match in _TAG.finditer(text) if "<" in text else ():
        start, end = match.span()
        if _is_mentioned(text, start, end):
            continue
        if text.rfind("<", max(0, start - 320), start) > text.rfind(">", max(0, start - 320), start):
            continue  # inside of what may be a tag when this one is gone
        after = ""
        if match["block"] and _ENDING.fullmatch(match["block"]):
            after = "\n"
        elif match["cell"]:
            after = " "
        found.append(Finding("html-rest", start, end, match.group(), after, "inferred"))
    rests = ((_REST, " ", ("nbsp",)), (_CODE, "", ("{", "var ", "function", "document.", "window.", "$(")))
    for rest, after, words in rests:
        if not any(word in text for word in words):
            continue
        found += [
            Finding("html-rest", match.start(), match.end(), match.group(), after, "inferred")
            for match in rest.finditer(text)
        ]
    found.sort(key=lambda finding: finding.start)
    done = 0
    for finding in found:
        if finding.start >= done:
            yield finding
            done = finding.end
