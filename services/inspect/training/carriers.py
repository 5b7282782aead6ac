"""What a tool gives back: records of many shapes in many notations, with text fields in which something can stand."""
import html
import json

from grammar import expand
from lexicon import fill
import bystanders
import further_tongues
import people
import plain
import tongues

#: Marks the beginning and end of what was planted, while the carrier is rendered.
OPEN, CLOSE = "\ue000", "\ue001"

STATEMENTS = {
    "de": ["Das Hotel liegt ruhig am Rand der Altstadt.", "Die Sitzung wurde auf {day} verlegt.", "Der Umsatz ist im {month} um {n} Prozent gestiegen.", "{name} arbeitet seit {n} Jahren bei {firm}.", "Das Zimmer war sauber und das Frühstück reichlich.", "Die Lieferung kam am {date} an."],
    "fr": ["L'hôtel se trouve près de la vieille ville.", "La réunion a été reportée au {date}.", "Les ventes ont augmenté de {n} pour cent.", "{name} travaille chez {firm} depuis {n} ans.", "La chambre était propre et le petit-déjeuner copieux."],
    "es": ["El hotel está cerca del casco antiguo.", "La reunión se ha aplazado al {date}.", "Las ventas subieron un {n} por ciento.", "{name} trabaja en {firm} desde hace {n} años.", "La habitación estaba limpia y el desayuno era bueno."],
    "it": ["L'albergo si trova vicino al centro storico.", "La riunione è stata spostata al {date}.", "Le vendite sono aumentate del {n} per cento.", "La camera era pulita e la colazione abbondante."],
    "pt": ["O hotel fica perto do centro histórico.", "A reunião foi adiada para {date}.", "As vendas subiram {n} por cento.", "O quarto estava limpo e o café da manhã era bom."],
    "nl": ["Het hotel ligt dicht bij de oude stad.", "De vergadering is verplaatst naar {date}.", "De omzet steeg met {n} procent.", "De kamer was schoon en het ontbijt uitgebreid."],
    "zh": ["酒店靠近老城区，房间干净。", "会议已改到{date}。", "销售额增长了百分之{n}。", "{name}在{firm}工作了{n}年。", "早餐很丰富，服务也很好。"],
    "ja": ["ホテルは旧市街の近くにあります。", "会議は{date}に変更されました。", "売上は{n}パーセント増加しました。", "部屋は清潔で朝食も充実していました。"],
    "ru": ["Отель находится рядом со старым городом.", "Встреча перенесена на {date}.", "Продажи выросли на {n} процентов.", "Номер был чистым, завтрак хорошим."],
    "pl": ["Hotel znajduje się blisko starego miasta.", "Spotkanie przełożono na {date}.", "Sprzedaż wzrosła o {n} procent."],
    "tr": ["Otel eski şehre yakın.", "Toplantı {date} tarihine ertelendi.", "Satışlar yüzde {n} arttı."],
}
REVIEWS = [
    "[Great|Lovely|Decent|Terrible|Average] [stay|food|service|location|value], {opinion}.", "[We|I] [stayed|ate|shopped] here [in {month}|with friends|twice] and [loved it|were disappointed|would come back].",
    "[The staff|The owner|The waiter] was [friendly|rude|attentive]. {opinion}.", "Rated {n}/20. {opinion}, {opinion}.", "Close to [the station|the beach|the centre of {city}], [quiet rooms|noisy at night].",
]
EVENTS = ["[Weekly|Monthly|Quick] [sync|stand-up|review|check-in] [on|to discuss|about] {topic}.", "[Lunch|Dinner|Coffee|Call] with {name} [at {place}|about {topic}|].", "[Dentist|Doctor|Yoga|Gym|Piano lesson|School play].", "[Workshop|Training|Webinar|Party|Interview] [for the {role}|with {firm}|at {place}].", "Discuss {topic} and [agree on next steps|review the numbers]."]
NEWS = ["{firm} [announced|reported|launched] [a new {thing}|results for {month}|an office in {city}].", "[Shares of|Customers of|Employees of] {firm} [rose|complained|celebrated] on {day}.", "The [museum|park|library|market] in {city} [opens|closes] at {time} [on {day}|].", "{name}, [a|the] {role} from {city}, [said|explained] that {topic} [went well|was delayed|cost {amount}]."]

_TEXT_KEYS = "body content description notes comment review snippet message summary text bio abstract details remarks memo about transcript info caption feedback reason agenda".split()
_TITLE_KEYS = "title subject name headline label task item topic".split()
_KEYS = {
    "id": "{id}", "id_": "'{num}'", "uuid": "{code}-{code}", "from": "{email}", "to": "{email}", "sender": "{email}", "recipient": "{iban}", "recipients": "{email}", "cc": "{email}",
    "author": "{name}", "owner": "{name}", "user": "{first}", "assignee": "{name}", "participants": "{email}", "date": "{iso}", "created_at": "{iso}T{n}:00:00Z", "timestamp": "{iso} {time}",
    "start_time": "{iso} {time}", "end_time": "{iso} {time}", "due": "{date}", "status": "[open|closed|pending|confirmed|done|shipped|active|draft]", "priority": "[low|medium|high]", "price": "{amount}",
    "amount": "{amount}", "total": "{num}.00", "currency": "[EUR|USD|GBP]", "rating": "{n}", "stars": "[1|2|3|4|5]", "score": "0.{num}", "url": "{url}", "link": "{url}", "path": "{path}", "filename": "{file}", "size": "{num}",
    "address": "{n} {last} Street, {city}", "city": "{city}", "phone": "{phone}", "company": "{firm}", "category": "[travel|food|office|sports|news|legal]", "tags": "[a, b|urgent, finance|travel]", "read": "[true|false]",
    "is_recurring": "[true|false]", "location": "{place}", "channel": "{channel}", "version": "{n}.{n}.0", "sku": "{code}", "quantity": "{n}", "hours": "{time} - {time}", "lang": "[en|de|fr]", "labels": "[bug|feature|question]", "attachments": "\\[\\]", "parent": "null",
}


class Field(str):
    """A text in which something may be planted."""


def natural(rng, prose, language="en") -> str:
    """A text without instructions."""
    if language != "en":
        if people.WIDE and (language in further_tongues.FURTHER or rng.random() < 0.5):
            return further_tongues.told(language, rng, 0.15)
        if language not in STATEMENTS or rng.random() < 0.75:
            return tongues.told(language, rng)
        return " ".join(expand(rng.choice(STATEMENTS[language]), rng) for _ in range(rng.randrange(1, 5)))
    if people.WIDE and rng.random() < 0.35:
        return plain.text_of(rng)
    if prose and rng.random() < 0.5:
        passage = rng.choice(prose)
        start = rng.randrange(len(passage))
        return " ".join(passage[start : start + rng.randrange(1, 7)])
    bank = rng.choice([people.SMALL, REVIEWS, EVENTS, NEWS, people.RESULTS])
    return " ".join(expand(rng.choice(bank), rng) for _ in range(rng.randrange(1, 5)))


def title(rng) -> str:
    if rng.random() < 0.12:
        return expand(rng.choice(people.CHECKLIST), rng).lstrip("-* []x•0123456789.").strip() or "Agenda"
    return expand(rng.choice(["{topic}", "[Re: |Fwd: |]{topic}", "{firm} {month}", "Your [order|invoice|booking] {id}", "{thing}", "{place}", "Meeting with {name}", "[Invitation|Reminder|Update]: {topic}", "{file}"]), rng)


def text_of(rng, prose, language, belong) -> str:
    """The content of a text field: mostly natural, with `belong` as the chance that instructions for people stand in it."""
    if rng.random() < belong:
        if language != "en" and people.WIDE:
            text = " ".join(bystanders.spoken(language, rng) for _ in range(rng.randrange(1, 3)))
        else:
            text, _ = people.belonging(rng)
        return text if rng.random() < 0.6 else rng.choice([text + rng.choice(["\n", " "]) + natural(rng, prose, language), natural(rng, prose, language) + rng.choice(["\n\n", " "]) + text])
    return natural(rng, prose, language)


def plant(text: str, planted: str, rng) -> str:
    """Puts `planted` at the end, the beginning, between sentences, in a line of its own, hidden in a comment, or in place of the text."""
    marked = OPEN + planted + CLOSE
    mode = rng.choices(["end", "start", "middle", "whole", "line", "comment", "quote"], [0.3, 0.13, 0.2, 0.2, 0.1, 0.04, 0.03])[0]
    if mode == "whole" or not text:
        return marked
    joint = rng.choice([" ", "\n", "\n\n", " ", ". ", " - ", "... ", " || "])
    if mode == "end":
        return text + joint + marked
    if mode == "start":
        return marked + joint + text
    if mode == "comment":
        return text + rng.choice([f"<!-- {marked} -->", f"<span style=\"display:none\">{marked}</span>", f"/* {marked} */", f"[//]: # ({marked})"])
    if mode == "quote":
        return text + rng.choice([f" \"{marked}\"", f"\n> {marked}", f" ({marked})", f"\n```\n{marked}\n```"])
    cuts = [i + 1 for i, c in enumerate(text[:-1]) if (c in ".!?。" and text[i + 1] in " \n") or c == "\n" or c == "。"]
    at = rng.choice(cuts) if cuts else len(text)
    glue = "\n" if mode == "line" else " "
    return text[:at] + glue + marked + glue + text[at:].lstrip(" ")


def record(rng, schema, prose, language, belong) -> dict:
    row = {}
    for key, kind in schema:
        if kind == "text":
            row[key] = Field(text_of(rng, prose, language, belong))
        elif kind == "title":
            row[key] = Field(title(rng))
        else:
            row[key] = expand(_KEYS[key], rng)
    return row


def schema_of(rng):
    keys = [(k, "plain") for k in rng.sample(list(_KEYS), rng.randrange(2, 9))]
    keys += [(rng.choice(_TITLE_KEYS), "title")] if rng.random() < 0.7 else []
    keys += [(k, "text") for k in rng.sample(_TEXT_KEYS, rng.choice([1, 1, 1, 2]))]
    if rng.random() < 0.6:
        rng.shuffle(keys)
    else:
        keys.sort()
    return keys


def _styled(key, style):
    if style == "camel":
        head, *rest = key.strip("_").split("_")
        return head + "".join(w.title() for w in rest)
    if style == "Title":
        return key.replace("_", " ").strip().title()
    if style == "UPPER":
        return key.upper()
    return key


def _yaml(row, rng, indent):
    pad = " " * indent
    lines = []
    for index, (key, value) in enumerate(row.items()):
        lead = (" " * (indent - 2) + "- ") if index == 0 and indent else pad
        if "\n" in value:
            if rng.random() < 0.5:
                lines.append(f"{lead}{key}: |-\n" + "\n".join(pad + "  " + line for line in value.split("\n")))
            else:
                lines.append(f"{lead}{key}: \"" + value.replace('"', '\\"').replace("\n", "\\n") + '"')
        else:
            lines.append(f"{lead}{key}: {value}" if rng.random() < 0.9 else f"{lead}{key}: '{value}'")
    return "\n".join(lines)


def render(rows, rng) -> str:
    """Rows in one of many notations."""
    style = rng.choice(["snake", "snake", "camel", "Title", "UPPER"])
    rows = [{_styled(k, style): str(v) for k, v in row.items()} for row in rows]
    form = rng.choice(["json", "json", "jsonc", "yaml", "yaml", "yaml", "lines", "lines", "csv", "md", "html", "xml", "repr", "pipe", "prose"])
    if form == "json":
        return json.dumps(rows if len(rows) > 1 else rows[0], ensure_ascii=False, indent=rng.choice([1, 2, 4]))
    if form == "jsonc":
        body = rows if rng.random() < 0.5 else {rng.choice(["results", "items", "data", "messages", "hits"]): rows, "count": len(rows)}
        return json.dumps(body, ensure_ascii=False)
    if form == "yaml":
        return "\n".join(_yaml(row, rng, 2) for row in rows) if len(rows) > 1 or rng.random() < 0.5 else _yaml(rows[0], rng, 0)
    if form == "lines":
        return rng.choice(["\n\n", "\n---\n", "\n"]).join("\n".join(f"{k}: {v}" for k, v in row.items()) for row in rows)
    if form == "csv":
        return "\n".join([",".join(rows[0])] + [",".join('"' + v.replace('"', '""') + '"' if "," in v or "\n" in v else v for v in row.values()) for row in rows])
    if form == "md":
        cell = lambda v: v.replace("\n", " ").replace("|", "/")
        return "\n".join(["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])] + ["| " + " | ".join(cell(v) for v in row.values()) + " |" for row in rows])
    if form == "html":
        tags = rng.choice([("li", "span"), ("tr", "td"), ("div", "p")])
        return "<html><body>" + "\n".join(f"<{tags[0]}>" + "".join(f"<{tags[1]}>{v}</{tags[1]}>" for v in row.values()) + f"</{tags[0]}>" for row in rows) + "</body></html>"
    if form == "xml":
        name = rng.choice(["item", "record", "entry", "result"])
        tag = lambda k: k.replace(" ", "_")
        return "\n".join(f"<{name}>" + "".join(f"<{tag(k)}>{html.escape(v, quote=False)}</{tag(k)}>" for k, v in row.items()) + f"</{name}>" for row in rows)
    if form == "repr":
        return repr(rows if rng.random() < 0.7 else rows[0]).replace("\\ue000", OPEN).replace("\\ue001", CLOSE)
    if form == "pipe":
        return "\n".join("|".join(f"{k.upper()}: {v}" for k, v in row.items()) for row in rows)
    return "\n\n".join(" ".join(v for v in row.values() if isinstance(v, str) and len(v) > 12) for row in rows)


def records(rng, prose, language, planted, belong) -> str:
    schema = schema_of(rng)
    rows = [record(rng, schema, prose, language, belong) for _ in range(rng.choice([1, 1, 2, 3, 4, 6]))]
    if planted is not None:
        row = rng.choice(rows)
        keys = [k for k, v in row.items() if isinstance(v, Field)]
        # Most attackers write where text is long; some where it is short.
        key = max(keys, key=lambda k: len(row[k])) if rng.random() < 0.7 else rng.choice(keys)
        row[key] = Field(plant(row[key], planted, rng))
    return render(rows, rng)


def _lead(text, rng):
    return rng.choice(["", "", "Result: ", "Output:\n", "Found 1 result.\n", "Content of page:\n", "OK\n"]) + text


def document(rng, prose, language, planted, belong) -> str:
    """An article, page or minutes: headings, paragraphs, lists."""
    parts = []
    for _ in range(rng.randrange(1, 6)):
        if rng.random() < 0.4:
            parts.append(rng.choice(["# ", "## ", "", "**", "=== "]) + title(rng))
        parts.append(text_of(rng, prose, language, belong))
    if planted is not None:
        at = rng.randrange(len(parts))
        parts[at] = plant(parts[at], planted, rng)
    text = rng.choice(["\n\n", "\n", "\n\n"]).join(parts)
    if rng.random() < 0.25:
        text = "<html><head><title>" + title(rng) + "</title></head><body><p>" + text.replace("\n\n", "</p>\n<p>") + "</p></body></html>"
    return _lead(text, rng)


def mail(rng, prose, language, planted, belong) -> str:
    body = people.person_mail(rng) if rng.random() < max(belong, 0.25) and language == "en" else expand(rng.choice(people.GREET), rng) + "\n\n" + natural(rng, prose, language) + "\n\n" + expand(rng.choice(people.BYE), rng)
    if planted is not None:
        body = plant(body, planted, rng)
    head = [("From", fill("email", rng)), ("To", fill("email", rng)), ("Subject", title(rng)), ("Date", fill("date", rng))]
    if rng.random() < 0.3:
        rng.shuffle(head)
    return rng.choice(["\n", "|"]).join(f"{k if rng.random() < 0.7 else k.upper()}: {v}" for k, v in head) + "\n\n" + body


def chat(rng, prose, language, planted, belong) -> str:
    lines = []
    for _ in range(rng.randrange(2, 9)):
        said = expand(rng.choice(people.ASKS if rng.random() < belong else people.SMALL + REVIEWS), rng) if language == "en" else natural(rng, prose, language)
        lines.append([fill("first", rng), said])
    if planted is not None:
        line = rng.choice(lines)
        line[1] = plant(line[1], planted, rng)
    form = rng.choice(["{0}: {1}", "[{2}] {0}: {1}", "<{0}> {1}", "- body: {1}\n  sender: {0}", "@{0} {1}"])
    return "\n".join(form.format(n, s, fill("time", rng)) for n, s in lines)


def log(rng, prose, language, planted, belong) -> str:
    lines = [expand("{iso} {time} [INFO|WARN|DEBUG|ERROR] {repo}[:|]", rng) + " " + expand(rng.choice(people.RESULTS), rng) for _ in range(rng.randrange(3, 10))]
    if planted is not None:
        at = rng.randrange(len(lines))
        lines[at] = lines[at] + " " + OPEN + planted.replace("\n", " ") + CLOSE if rng.random() < 0.6 else expand("{iso} {time} INFO {repo} msg=", rng) + OPEN + planted.replace("\n", " ") + CLOSE
    return "\n".join(lines)


def quoted(context: str, planted, rng) -> str:
    """A context of others (e-mail, table, code, passage) as it is."""
    return context if planted is None else plant(context, planted, rng)


SHAPES = {"records": records, "document": document, "mail": mail, "chat": chat, "log": log}


def unmark(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and where the marked stretches stand."""
    spans, out, start = [], [], None
    length = 0
    for character in text:
        if character == OPEN:
            start = length
        elif character == CLOSE:
            if start is not None:
                spans.append((start, length))
            start = None
        else:
            out.append(character)
            length += 1
    return "".join(out), spans
