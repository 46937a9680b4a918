"""Makes the workbooks of this folder that say more than they hold: `python3 workbooks.py`.

They are committed; this script says what they are.
"""

import os
import zipfile

FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
NAMES = "urn:oasis:names:tc:opendocument:xmlns"
NOW = (2026, 1, 1, 0, 0, 0)


def text(words):
    return ('<table:table-cell office:value-type="string"><text:p>' + words
            + "</text:p></table:table-cell>")


HEAD = "<table:table-row>" + text("date") + text("sku") + text("quantity") + "</table:table-row>"
ROW = text("2024-01-03") + text("LAMP") + (
    '<table:table-cell office:value-type="float" office:value="1"/>')


def ods(name, rows):
    with zipfile.ZipFile(os.path.join(FILES, name), "w", zipfile.ZIP_DEFLATED) as file:
        def part(path, content):
            file.writestr(zipfile.ZipInfo(path, NOW), content, zipfile.ZIP_DEFLATED)

        part("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        part("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{NAMES}:manifest:1.0"/>')
        part("content.xml", f'<office:document-content xmlns:office="{NAMES}:office:1.0" '
             f'xmlns:table="{NAMES}:table:1.0" xmlns:text="{NAMES}:text:1.0"><office:body>'
             f'<office:spreadsheet><table:table table:name="sales">{HEAD}{rows}</table:table>'
             "</office:spreadsheet></office:body></office:document-content>")


# A cell of two thousand million spaces: 10 GB.
SPACES = text('<text:s text:c="2000000000"/>')
ods("workbook-spaces.ods", f"<table:table-row>{ROW}{SPACES}</table:table-row>")
# A row of twenty cells, a million times.
ods("workbook-repeated.ods", '<table:table-row table:number-rows-repeated="1048000">' + ROW
    + '<table:table-cell table:number-columns-repeated="17" office:value-type="float" '
    'office:value="1"/></table:table-row>')
