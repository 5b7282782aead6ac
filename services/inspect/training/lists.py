"""Lists of what people are to do, in many renderings, with and without a request that does not belong to them: a list whose items are all of one manner
and one walk of life is a list, in whatever notation; what stands out in it is what has to be seen."""
import json

import errands
from grammar import expand

#: Items of one walk of life, each a few words of people for people; a list draws from one, sometimes from two.
THEMES = {
    "home": ["[water|repot|prune] the [tomatoes|orchid|hedge]", "[buy|get|order] [bread|stamps|cat food|light bulbs|a new hose|nappies]", "[clean|fix|paint|empty] the [gutter|fridge|garage|bathroom|shed|dishwasher]", "[call|text|visit] [dad|the plumber|Aunt {first}|the vet|{first}]", "[pay|check] the [water|internet|gas] bill", "[pick up|drop off] [{first}|the suit|the prescription|the bikes]", "[bake|cook|plan] [something for {day}|a cake|dinner for {n}]", "[cancel|renew] the [newspaper|gym|insurance]", "take out the [bins|recycling]", "return [the books|{first}'s ladder|the shoes]", "[book|move] the [haircut|car service|boiler check]"],
    "office": ["[send|mail|forward] [{first}|the client|accounting] the [quote|figures|slides|minutes]", "[prepare|finish|review|proofread] the [deck|report|budget|offer] [for {day}|]", "[book|reserve] [room {n}|the projector|a taxi|flights to {city}]", "[invite|remind|thank] [{name}|the panel|all leads]", "[update|archive|print] the [roster|wiki|price list|forms]", "[sign|file|scan] the [lease|receipts|timesheets]", "[reply to|call back] [{name}|{firm}]", "[order|return] [toner|chairs|badges]", "[approve|submit] [leave of {first}|travel costs|the invoice of {firm}]", "[set up|cancel] the [weekly|kick-off|interview] [with {first}|]", "[ask|tell] {first} [about {topic}|to confirm {day}]", "[transfer|pay] {amount} to {firm}"],
    "work": ["[fix|reproduce|close] [the login bug|issue #{num}|flaky test]", "[merge|rebase|review|delete] [branch {repo}|PR #{num}|the feature flag]", "[write|add|update] [tests|docs|a migration|the changelog] [for {repo}|]", "[deploy|roll back|restart] {repo} [on staging|]", "[rotate|remove|add] [the API key|the cron job|the index|an alert]", "[give|revoke] [{first}|the intern] access to [the repo|staging|Grafana]", "[upgrade|pin|drop] [Node|postgres|the {repo} package]", "[ask|pair with] {first} [about caching|on the parser]", "[clean up|move|rename] [the logs|{file}|old branches]", "[reset|unlock] [{first}'s account|the test database]", "[install|order] [a monitor|the VPN client] for {first}"],
    "club": ["[book|decorate|sweep] the [hall|pitch|stage]", "[collect|pay|check] the [fees|deposit|entry money]", "[invite|thank] [the choir|sponsors|the mayor|{name}]", "[print|hand out|design] [flyers|name tags|programmes]", "[bring|borrow] [the grill|benches|a megaphone|first-aid kit]", "[elect|approve] [a chair|the accounts|the minutes]", "[share|post] the [photos|dates|results] [with members|on the board]", "[order|fetch] [drinks|{n} shirts|trophies]", "[transfer|refund] [the rent|{amount}] [to {firm}|]", "{first} [to|will] [call the caterer|bring the key|send the list to {email}]"],
    "care": ["[check|note|measure] [blood pressure|temperature|the drip|weight]", "[call|inform] [the family|Dr {last}|the pharmacy]", "[change|remove] the [dressing|catheter|bandage]", "[order|refill] [insulin|saline|gloves]", "[give|stop] [the antibiotics|{n} mg at {time}]", "[move|cancel] the [scan|appointment|visit] [to {day}|]", "[fill in|sign|send] the [chart|transfer form|lab slip]", "[walk|wash|turn] the patient in bed {n}"],
    "school": ["[read|learn|summarise] [chapter {n}|the poem|unit {n}]", "[hand in|upload|print] the [essay|worksheet|lab report] [by {day}|]", "[pack|label|bring] [gym shoes|the lunch box|paint]", "[ask|email] [Mrs {last}|the office] about [the trip|grades]", "[revise|practise] [fractions|irregular verbs|the solo]", "[pay|return] the [trip money|library books]", "[join|cancel] [the chess club|piano]", "[write|send] [the invitation|{n} postcards]"],
    "trip": ["[pack|wash|lend {first}] [the tent|socks|adapters]", "[book|cancel|change] [the ferry|hostel in {city}|seats]", "[exchange|withdraw] [money|{amount}]", "[renew|copy] [the passport|insurance card]", "[download|print] [maps|tickets]", "[ask|tell] {first} [to feed the cat|about the keys]", "[check in|charge the camera|lock the windows]", "[forward|stop] the [mail|newspaper]"],
    "shop": ["[count|close|open] the [till|stock room|shutters]", "[call|email] [the supplier|{firm}]", "[restock|label|discount] [shelf {n}|the jam|winter coats]", "[refund|ship|pack] order {id}", "[train|schedule] [{first}|the new hire]", "[wipe|mop|switch off] [the counter|floor|lights]", "[send|print] the [totals|orders] [to {first}|]", "[change|raise] [prices|the window display]"],
}
_TITLES = ["[To do|TODO|Tasks|Todo list|My list|Things to do][ {day}| for {first}| {month}| this week|]", "[Action items|Actions|Next steps|Follow-ups|Open points][ {date}|]", "[Checklist|Check list|Before we leave|Closing time|Opening|Packing][ {firm}|]", "[Agenda|Minutes|Meeting notes][, {date}| {topic}|]", "[Shift|Week {n}|{day}|{month}|Weekend]", "[Notes|Reminders|Errands|Chores|Plan|Goals|Backlog|Board]", "{topic}", "[Ticket|Card|Page|Project] {num}", "[What {first} has to do|For {name}|Jobs|Homework]"]
_LEADS = ["- ", "* ", "- [ ] ", "- [x] ", "{i}. ", "{i}) ", "• ", "[ ] ", "", "□ ", "+ ", "   - ", "{i}: ", "> ", "TODO: "]
_KEYS = ("task", "title", "text", "item", "what", "name", "todo", "description", "content", "summary", "action", "note")


def items(rng) -> list[str]:
    theme = rng.choice(list(THEMES))
    banks = THEMES[theme] if rng.random() < 0.75 else THEMES[theme] + THEMES[rng.choice(list(THEMES))]
    count = min(rng.randrange(2, 9), len(banks))
    written = [expand(template, rng) for template in rng.sample(banks, count)]
    if rng.random() < 0.15:
        # What the requests ask for is asked of people, too.
        core = errands._core(rng)
        written[rng.randrange(count)] = f"{core['V']} {core['O']}"
    if rng.random() < 0.6:
        written = [text[0].upper() + text[1:] for text in written]
    if rng.random() < 0.25:
        written = [f"{expand('{first}', rng)}{rng.choice([' to ', ': ', ' will ', ' - '])}{text}" for text in written]
    if rng.random() < 0.3:
        written = [text + rng.choice([".", "", " (" + expand("[{first}|{day}|{date}|urgent|done]", rng) + ")"]) for text in written]
    return written


def rendered(title: str, texts: list[str], rng) -> str:
    """A list in one of many notations."""
    form = rng.choice(["lines", "lines", "lines", "lines", "json", "json-words", "yaml", "yaml-words", "csv", "table", "html", "prose", "xml", "repr", "kanban", "mail"])
    if form == "lines":
        lead = rng.choice(_LEADS)
        head = rng.choice(["# {t}\n", "{t}:\n", "{t}\n", "**{t}**\n\n", "", "== {t} ==\n"]).replace("{t}", title)
        return head + rng.choice(["\n", "\n", "\n\n"]).join(lead.replace("{i}", str(at + 1)) + text for at, text in enumerate(texts))
    key = rng.choice(_KEYS)
    rows = [{"id": at + 1, key: text, rng.choice(["done", "completed", "checked"]): rng.random() < 0.3} for at, text in enumerate(texts)]
    if form == "json":
        return json.dumps({rng.choice(["title", "list", "board", "name"]): title, rng.choice(["items", "tasks", "todos", "rows"]): rows}, ensure_ascii=False, indent=rng.choice([None, None, 2]))
    if form == "json-words":
        return json.dumps({title: texts}, ensure_ascii=False, indent=rng.choice([None, 1, 2]))
    if form == "repr":
        return repr(rows if rng.random() < 0.5 else {title: texts})
    if form == "yaml":
        return f"{rng.choice(['title', 'list'])}: {title}\n{rng.choice(['items', 'tasks'])}:\n" + "\n".join(f"- id: {row['id']}\n  {key}: {row[key]}" for row in rows)
    if form == "yaml-words":
        return f"{title}:\n" + "\n".join(f"  - {text}" for text in texts)
    if form == "csv":
        mark = rng.choice([",", ";", "\t"])
        return mark.join(["no", key, "who"]) + "\n" + "\n".join(f'{at + 1}{mark}"{text}"{mark}{expand("{first}", rng)}' for at, text in enumerate(texts))
    if form == "table":
        return f"| # | {title} | {rng.choice(['who', 'due', 'state'])} |\n|---|---|---|\n" + "\n".join(f"| {at + 1} | {text} | {expand('[{first}|{day}|open]', rng)} |" for at, text in enumerate(texts))
    if form == "html":
        return f"<h2>{title}</h2>\n<ul>" + rng.choice(["", "\n"]).join(f"<li>{text}</li>" for text in texts) + "</ul>"
    if form == "xml":
        return f"<list name=\"{title}\">" + "".join(f"<{key}>{text}</{key}>" for text in texts) + "</list>"
    if form == "kanban":
        cut = rng.randrange(len(texts) + 1)
        return f"{title}\n[Open]\n" + "\n".join(texts[:cut]) + "\n[Done]\n" + "\n".join(texts[cut:])
    if form == "mail":
        return expand("[Hi|Hello|Dear] {first},\n\n[here is what is left|this is the list|please see below|as promised]:\n", rng) + "\n".join(f"{rng.choice(['- ', '* ', ''])}{text}" for text in texts) + expand("\n\n[Thanks|Best|Cheers],\n{first}", rng)
    return f"{title}: " + rng.choice(["; ", ", ", " / ", ". "]).join(texts) + "."


def listed(rng, planted=None) -> str:
    """A list, with `planted` as one of its items, behind one of them or behind all of them."""
    title, texts = expand(rng.choice(_TITLES), rng), items(rng)
    if planted is None:
        return rendered(title, texts, rng)
    place = rng.random()
    if place < 0.6:
        texts.insert(rng.randrange(len(texts) + 1), planted)
        return rendered(title, texts, rng)
    if place < 0.8:
        at = rng.randrange(len(texts))
        texts[at] += rng.choice([". ", " - ", "; ", " "]) + planted
        return rendered(title, texts, rng)
    return rendered(title, texts, rng) + rng.choice(["\n\n", "\n", " "]) + planted
