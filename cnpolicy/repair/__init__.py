"""Undo what reading bytes in the wrong encoding did to a text: exact inverses only.

Each rule turns a run of characters back into the bytes they were read from and reads those in the right encoding. A
run is changed when it decodes without a loss *and* what it says now is far less likely as European text, code or a
table than what it says then is as Chinese. Where that is in doubt, the text stays as it is.
"""

from cnpolicy.repair.escapes import read_html_entity
from cnpolicy.repair.seven_bit import undo_hz_left_raw
from cnpolicy.repair.single_byte import undo_gbk_read_as_latin_1, undo_utf_8_read_as_latin_1
from cnpolicy.rules import RuleSet, Stage

STAGE = Stage(
    "repair",
    (
        # Escapes first: what they stand for can itself be garbled. UTF-8 before GBK, for its proof is the stricter one
        # and what is under it may be GBK, which the next pass then undoes.
        RuleSet("escapes", (read_html_entity, undo_hz_left_raw)),
        RuleSet("utf-8", (undo_utf_8_read_as_latin_1,)),
        RuleSet("gbk", (undo_gbk_read_as_latin_1,)),
    ),
)
