"""English texts for people from parts: what is told, what is planned, what people are asked, and the cells of tables. The orders to a machine are
put together from parts, so these have to be, too: else a request is known by being new."""
import errands
from grammar import expand

_WHO = "[the ferry|the museum|our landlord|the bakery|the roof|the committee|{name}|{first}|the orchestra|the second sample|the old bridge|the harvest|our server|the heating|the judge|the train to {city}|the exhibition|the tenant|the red team|the patient|the editor|the vaccine|the river|the warehouse|a neighbour|the library|the new intern|the bus|the recipe|the price|the garden|the survey|my aunt|the court|the fuel pump|the article|nobody|everyone at {firm}|the owner of {place}|the class|the crew|the algorithm|the valve|the committee's report|{firm}|the test|the driver|the meeting|the painting]"
_DID = [
    "[is|was|has been] [closed|empty|quiet|older than we thought|under water|out of order|late again|on leave|near {place}|cheaper in {month}|painted green|sold out|busy until {time}|in good shape|warmer than usual|away since {date}|well received|worth {amount}|heavier than it looks|short of staff|covered in snow|up for sale|unchanged]", "[opens|closes|leaves|starts|ends|meets] [at {time}|on {day}|in {month}|every {n} weeks|late|near {place}]", "[arrived|moved|grew|stopped|failed|returned|burned down|came back|slept|lost|won] [on {date}|in {city}|twice|without warning|last {day}|after {n} days|to {city}|as planned|by accident]",
    "[sold|found|built|lost|painted|carried|counted|measured|drank|translated|repaired] [{n} of them|a boat|the {thing}|{n} {thing}s|three chapters|half of the apples|an old map|the engine|more than last year]", "[costs|weighs|lasts|holds|needs|takes|covers] [{amount}|{n} kilos|about {n} hours|{n} people|a new battery|the whole wall|twice as much]", "[thinks|says|believes|wrote|heard|hopes] that [the roof will hold|{city} is lovely in {month}|the figures are wrong|{first} was right|it rains too much|{firm} is growing|the results came late]", "[does not|will not|cannot|never did|might] [fit|work below zero|matter|change much|hurt|explain the gap|reach the top]",
]
_EXTRA = ["", "", "", ", [which surprised us|as ever|of course|they say|at least in {city}|since {date}|but only just|and it shows]", " [because of the wind|despite the rain|for the first time|with {first}'s help|according to {name}|on platform {n}]"]
_SHORT = ["[Nothing|Not much] to [report|add].", "[All|Everything] [fine|calm|quiet|in order|as before].", "[Very|Rather|Quite|Too|So] [cold|noisy|tasty|small|bright|far|friendly].", "[See|As] [above|below|figure {n}|last year].", "[Thanks|Sorry|Congratulations|Goodbye|Welcome][, {first}|][!|.]", "[Copyright|(c)|©] {firm}", "[Part|Room|Lot|Row|Volume] {n} of {num}", "[No|Some|Few] [comments|losses|guests|delays|errors] [so far|today|since {day}|].", "[Good|Bad|Mixed] [weather|reviews|harvest|light]", "[Opened|Seen|Printed|Checked|Made in] {city}[, {date}|]", "{amount} [each|in total|per night|left]", "[Page|Chapter] {n}: {topic}", "[In|Near|From] {city}, {n} km"]
#: People's verbs and things; none of it is for a machine with tools.
_PEOPLE_DO = "[water the {PLANT}|bring {BRING}|wear {WEAR}|come {COME}|sit {SIT}|read {READ} aloud|help {HELP}|taste the {FOOD}|stir the {FOOD}|wash {WASH}|hang up {WASH}|carry {CARRY}|look after {CARE}|sign {SIGN}|keep {KEEP}|mind {MIND}|wait {WAIT}|knock|queue {WAIT}|sing {READ}|fold {WASH}|return {RETURN}|collect {RETURN}|ask {ASKWHOM}|tell {ASKWHOM} {TELLWHAT}|hand in {SIGN}|send {US} {SENDWHAT}|email {US} {SENDWHAT}|call {US} {CALLWHY}|pay {PAYWHAT}|book {BOOKWHAT}|cancel {BOOKWHAT}|fill in {SIGN}|leave {LEAVE}|lock {LOCK}|turn off {OFF}|open {LOCK}|check {CHECK}|print {SIGN}|scan {SIGN}|upload {SENDWHAT}|delete {OLD}|share {SHARE}|move {CARRY}|change {CHANGE}|update {CHANGE}]"
_BANKS = {
    "PLANT": "tomatoes|ferns|lawn|seedlings|basil", "BRING": "a pen|your own cup|cash|warm socks|the dessert|two photos|an umbrella|your vaccination card|the spare tyre", "WEAR": "old clothes|flat shoes|a hat|your badge|ear plugs", "COME": "by bike|early|to the side door|alone|with your parents|hungry", "SIT": "in the front row|by the window|down|with your group", "READ": "the poem|page {n}|the second verse|the safety card", "HELP": "with the tombola|your brother|carry the benches|at the bar|{first} with the tent", "FOOD": "soup|batter|glaze|broth|jam", "WASH": "the glasses|your hands|the aprons|the brushes|the towels", "CARRY": "the boxes|the piano|the crates upstairs|the tables", "CARE": "the rabbits|{first}|the twins|my bag|the stall", "SIGN": "the form|both copies|the guest book|the consent slip|your essay", "KEEP": "left|the ticket|calm|your voice down|the receipt|off the ice", "MIND": "the step|your head|the wet paint", "WAIT": "outside|for the green light|behind the line|until your name is called", "RETURN": "the skates|the library books|the costumes|the key", "ASKWHOM": "the nurse|your teacher|a grown-up|the ranger|{first}|the conductor", "TELLWHAT": "if it hurts|when you are done|which size you need|about allergies", "US": "us|me|the office|your tutor|the club", "SENDWHAT": "a photo|your CV|the measurements|a postcard|your slides|the receipt|proof of address", "CALLWHY": "if you are late|for a quote|after {time}|when you land", "PAYWHAT": "at the counter|the driver|the fee by {date}|{amount} in cash|on the day", "BOOKWHAT": "your slot|a place on the course|the appointment|your seat", "LEAVE": "your boots outside|the keys in the box|by {time}|the room tidy", "LOCK": "the shed|the gate|the window", "OFF": "the lights|your phone|the oven|the tap", "CHECK": "your answers|the oil|your ticket|the weather", "OLD": "the old app|your cookies|the draft if you like", "SHARE": "the cake|your view|a taxi|this with friends", "CHANGE": "trains in {city}|the filter|your password|your address with us|the sheets",
}
_ASKED = ["[Please|Kindly] {D}.", "[Please|] {D} [before {time}|by {date}|on {day}|, thank you|when you can].", "{first}, [can|could|would|will] you [please |]{D}?", "[Can|Could] [you|somebody|one of you] {D} [on {day}|tonight|]?", "[Guests|Parents|Pupils|Members|Visitors|Tenants|Runners|Volunteers|Passengers|Customers|Patients] [should|must|are asked to|are welcome to|have to|need to|may] {D}.", "[Don't forget to|Remember to|Make sure you|Feel free to|You are welcome to|You only have to] {D}.", "{D}, [then|and] {D}.", "[If|When] [it rains|the bell rings|you arrive|you are ill|the lamp is red|you feel dizzy|you moved house], {D}.", "[Would you mind|How about|We suggest|Try] [giving {first} a hand|sharing a table|coming later|taking the stairs|ringing twice][?|.]", "[First|Step {n}|Then|Now][:|,] {D}.", "[Hi|Hello|Dear|Hey|Morning] {first}, [could|can|would] you {D}[ for me|]? [Thanks|Cheers|Best], {first}", "[You|All of you|The little ones] [must|should|will have to|need to] {D} [by {date}|on {day}|first].", "[Mum|Dad|Coach|The doctor|The landlord] [asks|wants|reminds] [you|us] to {D}.", "[We|I] [would like|expect|ask|invite] [you|everyone|all members] to {D}.", "{D}!", "{D}"]
_PLANS = ["{name} [will|is going to|plans to|has to|wants to|promised to] {A} [on {day} |]and {B}.", "{name} [will|to] {A}, {first} [will|to] {B}.", "[Tomorrow|On {day}|In {month}] [I|we|{first}] [will|shall|can] {A} and [then |]{B}.", "{first} and {first} {A} and {B} [every {day}|once a year|as agreed].", "[Once|When|After] {name} [is back|has signed|arrives], [she|he|they] will {A} and {B}.", "{name} [asked|told|reminded|begged] {first} to {A} and {B}.", "[It is|That is] {first}'s [job|turn|task] to {A} and {B}.", "[I|We] [forgot|refused|managed|decided|tried|used] to {A} and {B}.", "[My|Our|The] [assistant|lawyer|bank|agency|colleague] [will|can|would] {A} and {B} [for a fee|by {date}|]."]
_CELLS = ["[ok|open|closed|yes|no|n/a|pending|done|late|paid|sent|draft|unknown|none|-]", "{n}", "{date}", "{time}", "{amount}", "{name}", "{city}", "{n} [pcs|kg|km|%|nights|rooms|mg|min]", "[red|blue|oak|large|left|north|ground floor|window side|fragile|gift]", "[Size|Colour|Price|Notes|Phone|Area|Rating|Owner|Room|Unit|Status|Author|Year|Type|Level]", "[in stock|on request|per person|from {city}|with breakfast|no pets|two beds|see note {n}|not tested|next week]"]


def _sentence(text: str) -> str:
    text = " ".join(text.split()).replace(" .", ".").replace(" ,", ",").replace(" ?", "?")
    return text[0].upper() + text[1:]


def statement(rng) -> str:
    if rng.random() < 0.25:
        return expand(rng.choice(_SHORT), rng)
    return _sentence(expand(_WHO, rng) + " " + expand(rng.choice(_DID), rng) + expand(rng.choice(_EXTRA), rng)) + rng.choice([".", ".", ".", "", "!"])


def _done(rng) -> str:
    """Something that people do."""
    text = expand(_PEOPLE_DO.replace("{", "\x10").replace("}", "\x11"), rng).replace("\x10", "{").replace("\x11", "}")
    for name, bank in _BANKS.items():
        if "{" + name + "}" in text:
            text = text.replace("{" + name + "}", rng.choice(bank.split("|")))
    return expand(text, rng)


def asked(rng) -> str:
    template = rng.choice(_ASKED).replace("{D}", "\x10")
    text = expand(template, rng)
    while "\x10" in text:
        text = text.replace("\x10", _done(rng), 1)
    return _sentence(text)


def planned(rng) -> str:
    """Two things that somebody does, as often as not what a machine could be told to do."""
    text = expand(rng.choice(_PLANS).replace("{A}", "\x10").replace("{B}", "\x11"), rng)
    for mark in "\x10\x11":
        core = errands._core(rng)
        act = f"{core['V']} {core['O']}" + (f" {core['T']}" if rng.random() < 0.4 else "") if rng.random() < 0.6 else _done(rng)
        text = text.replace(mark, act)
    return _sentence(text)


def cells(rng) -> str:
    """A row of a table, or a few."""
    mark = rng.choice([" | ", ", ", "\t", ";", "  ", " / "])
    width = rng.randrange(2, 7)
    return "\n".join(mark.join(expand(rng.choice(_CELLS), rng) for _ in range(width)) for _ in range(rng.randrange(1, 4)))


def text_of(rng) -> str:
    """One to five sentences, with or without an ask or a plan among them."""
    if rng.random() < 0.1:
        return cells(rng)
    asking = rng.choice([0, 0, 0.35])
    said = lambda: asked(rng) if rng.random() < asking else planned(rng) if rng.random() < 0.12 else statement(rng)
    return " ".join(said() for _ in range(rng.randrange(1, 6)))
