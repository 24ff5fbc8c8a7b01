"""Undo what reading bytes in the wrong encoding did to a text, also where bytes were lost.

Each rule turns a run of characters back into the bytes they were read from and reads those in the right encoding. A
run is changed when what it says now is far less likely as European text, code or a table than what it says then is as
Chinese. Where that is in doubt, the text stays as it is. Where bytes were lost, a model of Chinese chooses the
characters that they can have been part of (cnpolicy.repair.lattice); what it is not sure of stays visible as U+FFFD.
"""

from cnpolicy.repair.escapes import read_backslash_escape, read_html_entity
from cnpolicy.repair.holes import undo_utf_8_read_as_strict_cp1252
from cnpolicy.repair.leftovers import read_gbk_private_use, read_hkscs_private_use
from cnpolicy.repair.multi_byte import RULES as MULTI_BYTE
from cnpolicy.repair.nul import undo_utf_16_read_as_single_byte
from cnpolicy.repair.reports import (
    report_gbk_read_as_utf_8,
    report_lost_character,
    report_replacement_character,
    report_uninitialised_memory,
)
from cnpolicy.repair.seven_bit import undo_hz_left_raw, undo_utf_7_left_raw
from cnpolicy.repair.single_byte import undo_chinese_read_as_single_byte, undo_utf_8_read_as_single_byte
from cnpolicy.repair.transfer import read_encoded_word, read_percent_escape, read_quoted_printable
from cnpolicy.rules import RuleSet, Stage

STAGE = Stage(
    "repair",
    (
        # Escapes first: what they stand for can itself be garbled. UTF-8 before GBK, for its proof is the stricter one
        # and what is under it may be GBK, which the next pass then undoes.
        RuleSet(
            "escapes",
            (
                # Encoded words before quoted-printable, whose escapes stand in them.
                *(read_html_entity, read_backslash_escape, read_percent_escape, read_encoded_word),
                *(read_quoted_printable, undo_hz_left_raw, undo_utf_7_left_raw),
            ),
        ),
        RuleSet("utf-16", (undo_utf_16_read_as_single_byte,)),
        # Where bytes were lost first: what is whole there is context for what is not.
        RuleSet("utf-8 with holes", (undo_utf_8_read_as_strict_cp1252,)),
        RuleSet("utf-8", (undo_utf_8_read_as_single_byte,)),
        RuleSet("gbk", (undo_chinese_read_as_single_byte,)),
        # Last of the misreadings: turning back many a single-byte one needs no model, these do.
        RuleSet("multi-byte", MULTI_BYTE),
        RuleSet("leftovers", (read_gbk_private_use, read_hkscs_private_use)),
        # What is left cannot be mended, so reports come last.
        RuleSet(
            "losses",
            (
                *(report_gbk_read_as_utf_8, report_uninitialised_memory),
                *(report_replacement_character, report_lost_character),
            ),
        ),
    ),
)
