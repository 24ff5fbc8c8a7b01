"""Private-use code points of older tables become characters, and other uses of the area stay."""

import pytest
from test_rules import run

from cnpolicy import tables
from cnpolicy.repair import STAGE

OF_GBK = {chr(int(point, 16)): (code, character) for _, (point, code, character) in tables.rows("leftovers")}


def test_the_table_is_that_of_gbk() -> None:
    # The 80 parts of characters, 13 signs that describe characters, 10 vertical marks, two letters of pinyin, the euro.
    assert len(OF_GBK) == 106
    assert OF_GBK["\ue7c7"] == ("A8BC", "ḿ")
    assert OF_GBK["\ue7c8"] == ("A8BF", "ǹ")
    for private, (code, character) in OF_GBK.items():
        data = bytes.fromhex(code)
        assert data.decode("gb18030") in (private, character)
        assert not "\ue000" <= character <= "\uf8ff"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("叹词“嗯”又读（\ue7c8），“呣”又读（\ue7c7），请查字典。", "叹词“嗯”又读（ǹ），“呣”又读（ḿ），请查字典。"),
        ("镇里的渔民称这种鱼为\ue857鱼，每年春天出海。", "镇里的渔民称这种鱼为䲟鱼，每年春天出海。"),
        ("这个字的结构是\ue7e8。“\ue7e8木木”即林，“\ue7e9山石”即岩。", None),
        ("我\ue5a2唔知道呢件事，佢\ue5a2就知道，大家嚟睇吓。", "我哋唔知道呢件事，佢哋就知道，大家嚟睇吓。"),
    ],
    ids=["pinyin", "fish", "description", "cantonese"],
)
def test_a_private_character_is_read(before: str, after: str | None) -> None:
    text = run(STAGE, before).text
    assert text == (after or "这个字的结构是\ue7e8。“⿰木木”即林，“⿱山石”即岩。")


@pytest.mark.parametrize(
    "text",
    [
        "\ue7c7 首页\n\ue7c8 新闻\n\ue857 关于我们的工作和联系方式\n",
        "\uf0b7 各村要修好水渠\n\uf0b7 各镇要检查进度\n",
        "各村要修好水渠\uf0d8各镇要检查进度\uf06c月底以前上报",
        "\ue815\ue816\ue817\ue818\ue819\ue81a\ue81b\ue81c",
        "各村\ue000\ue001\ue002要修好\ue003\ue004水渠",
        "點讚\ue5a2",
        "關於我們 \ue5a2 聯絡方法 \ue5a3 網站地圖 \ue5a4 版權聲明",
    ],
    ids=["icons", "bullets", "signs", "alone", "own-script", "short", "icons-traditional"],
)
def test_other_uses_stay(text: str) -> None:
    assert [found for found in run(STAGE, text).findings() if found.after != found.before] == []
