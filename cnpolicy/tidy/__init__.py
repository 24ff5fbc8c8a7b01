"""Repair the damage that documents carry: characters, punctuation, lines.

The passes follow each other in this order because:

1. line ends come first, so that every later rule knows a line when it sees one;
2. markup and the lines of a web page next: what they leave is the text, its head and its tail;
3. then what was put between characters: glosses before brackets are widened, for a widened bracket may be anybody's;
   commas of either width, before their width is looked at; both make lines longer than they were;
4. spaces between letters next: numbers among them look like those of pages, and lines of them like columns;
5. page numbers before lines are joined, for a number hides that a sentence goes on; both before indentation goes,
   which tells where paragraphs begin;
6. characters next: what is not seen, or stands in another width, would come between a rule and what it looks for;
7. low quotation marks before straight ones are paired, for these may stand inside those;
8. what stands for a space in mastheads before punctuation is widened, for a ? is a question from then on;
9. punctuation after that: whether a comma belongs to a number can be told once the digits are ASCII;
10. headings and blank lines next to last: they are what other rules leave behind;
11. reports on what is left, in the text as it will be read.
"""

from cnpolicy.rules import RuleSet, Stage
from cnpolicy.tidy.breaks import join_broken_line, split_glued_heading
from cnpolicy.tidy.characters import narrow_alphanumeric, remove_invisible
from cnpolicy.tidy.glosses import remove_inserted_comma, remove_pinyin_gloss
from cnpolicy.tidy.glyphs import replace_pdf_glyph, unify_compatibility_ideograph, unify_kangxi_radical
from cnpolicy.tidy.letters import close_letter_spacing
from cnpolicy.tidy.lines import remove_blank_line, unify_line_end
from cnpolicy.tidy.marks import join_repeated_punctuation, write_dash
from cnpolicy.tidy.pages import remove_page_number
from cnpolicy.tidy.punctuation import widen_punctuation
from cnpolicy.tidy.quotes import curl_straight_quotes, raise_low_quotes
from cnpolicy.tidy.reports import (
    report_compilation,
    report_duplicate_paragraph,
    report_lost_in_masthead,
    report_masked,
    report_ordinal_gap,
    report_suspect_typo,
)
from cnpolicy.tidy.spacing import remove_question_for_space, remove_table_pipe
from cnpolicy.tidy.web import remove_html_rest, remove_web_chrome, report_truncated

STAGE = Stage(
    "tidy",
    (
        RuleSet("line-ends", (unify_line_end,)),
        RuleSet("markup", (remove_html_rest,)),
        RuleSet("web", (remove_web_chrome, report_truncated)),
        RuleSet("insertions", (remove_pinyin_gloss, remove_inserted_comma)),
        RuleSet("spacing", (close_letter_spacing,)),
        RuleSet("pages", (remove_page_number,)),
        RuleSet("joins", (join_broken_line,)),
        RuleSet(
            "characters",
            (remove_invisible, narrow_alphanumeric, unify_kangxi_radical, unify_compatibility_ideograph),
        ),
        RuleSet("glyphs", (replace_pdf_glyph,)),
        RuleSet("low-quotes", (raise_low_quotes,)),
        RuleSet("quotes", (curl_straight_quotes,)),
        RuleSet("mastheads", (remove_question_for_space, remove_table_pipe)),
        RuleSet("punctuation", (widen_punctuation,)),
        RuleSet("marks", (join_repeated_punctuation, write_dash)),
        RuleSet("headings", (split_glued_heading,)),
        RuleSet("lines", (remove_blank_line,)),
        RuleSet(
            "reports",
            (
                report_lost_in_masthead,
                report_compilation,
                report_ordinal_gap,
                report_masked,
                report_suspect_typo,
                report_duplicate_paragraph,
            ),
        ),
    ),
)
