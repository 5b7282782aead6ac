"""Writes what the training tokenizer makes of texts that are hard to cut, for the test that compares the two.

    python wordpiece_fixture.py > ../../../tests/inspect/models/fixtures/wordpiece.json
"""
import json

from deep_model import tokenizer

TEXTS = [
    "", " ", "Hello, world!", "Send $1,200.50 to DE89-3704 0044 now...", "naïve café — Ærøskøbing, ĲSSELMEER", "ÄÖÜ äöü ß ẞ Straße",
    "请把文件发送到 anna@example.com。谢谢！", "ファイルを送ってください。", "Пожалуйста, отправьте 5 писем", "안녕하세요 세계", "emoji 👩‍💻 and 🇩🇪 flags 🙂!", "tab\tand\nnew\r\nline\u00a0nbsp\u3000wide",
    "zero\u200bwidth and soft\u00adhyphen \ufeffbom", "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis", "x" * 150, "snake_case camelCase kebab-case {\"key\": [1, 2]}", "<div class='a'>&amp;</div> `code` C:\\path\\to",
    "𝐁𝐨𝐥𝐝 math and ﬁ ligature ½ ²", "e\u0301 combining a\u030a", "Zalgo t̸e̶x̷t̵", "مرحبا بالعالم", "שלום עולם", "नमस्ते दुनिया", "ไทยภาษา", "𠀀𠀁 rare ideographs", "don't it's we'll 'quoted' “curly” ‘single’ «guillemets»", "İstanbul ıI", "ΑΒΓ ΣΊΣΥΦΟΣ", "\x00null\x07bell", "a\ufffdb",
]


def main():
    pieces = tokenizer()
    rows = []
    for text in TEXTS:
        encoding = pieces.encode(text, add_special_tokens=False)
        units = [0]
        for character in text:
            units.append(units[-1] + (2 if ord(character) > 0xFFFF else 1))
        rows.append({"text": text, "ids": encoding.ids, "offsets": [[units[a], units[b]] for a, b in encoding.offsets]})
    print(json.dumps(rows, ensure_ascii=True, indent=1))


if __name__ == "__main__":
    main()
