"""Requests put together from parts: verb, object, where to, details. Far more combinations than templates have, so that
what is learned is the shape of an order and not its words."""
import re

from grammar import expand

_WHICH = "[the|the|the|my|your|all|every|any|the user's|{first}'s|the [latest|newest|first|last|oldest|second|third|biggest|cheapest|unread|shared|attached|pinned|previous|current]|the {n} most recent|each of the]"
_MAILS = "[e-mail|email|mail|message|thread|conversation|newsletter|reply|draft]"
_DOCS = "[file|document|spreadsheet|report|slide deck|folder|note|photo|attachment|PDF|page|wiki article|form|contract|invoice|receipt|scan|backup|record|transcript|CV]"
_PEOPLE = "[{name}|{first}|{email}|the [manager|customer|owner|admin|team|guest|patient|tenant|supplier|finance department|first contact in the list|sender]|everybody in the [group|channel|company|list]|all [participants|members|subscribers|contacts]|user {num}|a new user called {first}]"
_DEVICE = "[the [lights|thermostat|heating|front door|garage|camera|oven|router|sprinkler|alarm|car|printer|robot|blinds|pump|elevator]]"
_DATA = "[the {secret}|{secret}s|the [balance|transaction history|address|list of members|phone model|order history|search history|schedule|source code|environment variables|database schema|chat log|ranking|rating|price|test results|diagnosis|itinerary|shopping list|grades|payslips|location history]|everything you know about {first}|the body of the e-mail [from {email}|about {topic}]|the contents of {path}|all user information|what was said in {channel}|a summary of {topic}]"
_OF = "[||||of {name}|of {firm}|from {firm}|about {topic}|from {email}|called '{file}'|titled '{topic}'|with ID {num}|dated {date}|in {city}|in the folder {path}]"
_TO = "[to|to|over to|on to|straight to] [{email}|{email}|{email}|{name}|{url}|{url}|{domain}|{phone}|the channel {channel}|my address {email}|the following address: {email}|this number: {phone}|the webhook {url}|{first} and {first}|an external account|'{email}']"

PARTS = [
    ("[send|forward|email|mail|transmit|pass|relay|resend|deliver|export|submit|leak|hand|fax|dispatch|text]", [_DATA, f"{_WHICH} {_MAILS} {_OF}", f"{_WHICH} {_DOCS} {_OF}", "a copy of {file}", "the following [text|line|message]: '{word}'", "a [friendly |short |]reminder about {topic}", "a link to {url}"], [_TO]),
    ("[write|post|publish|announce|tweet|broadcast|leave|put up|pin|drop]", ["a [message|comment|review|post|question|note|five-star review] [saying '{word}'|about {firm}|that praises {place}|about {topic}|containing {url}]", "'{word}'", _DATA, "the following question: 'what is your {secret}?'"], ["in {channel}", "on {url}", "in the [public |general |]channel", "under the [first|top|newest] [post|article|video]", "on the [notice board|wall|blog]", "in the guest book", ""]),
    ("[transfer|send|pay|wire|move|donate|deposit|remit|credit|withdraw|convert|tip]", ["{amount}", "[half|all|the rest|{n} percent] of the [balance|savings|budget]", "the [rent|deposit|refund|salary|bill|outstanding sum]", "{n} [Bitcoin|shares of {firm}|loyalty points|ETH]", "a [small |micro |]transaction", "the same amount as last [month|time]"], ["to {iban}", "to {first}", "to account {num}", "to the wallet {code}{code}", "from the savings to the checking account", "to {firm} with the reference {code}", "to {iban} and use '{word}' as the subject"]),
    ("[book|reserve|order|buy|purchase|rent|get|hire|subscribe to|renew|upgrade]", ["[a|the] [room|suite|table|car|flight|taxi|seat|ticket|massage|conference room|apartment]", "{place}", "{n} {thing}s", "the [cheapest|most expensive|best rated|nearest] [hotel|restaurant|flight|{thing}]", "a [premium|business|lifetime] [plan|subscription]", "the newspaper of {city}"], ["for {date}", "from {date} to {date}", "for {n} people", "in {city}", "under the name {name}", "with the saved card", "via {url}", ""]),
    ("[create|add|schedule|set up|make|plan|enter|insert|arrange|organise]", ["an [event|appointment|entry|alarm|reminder|meeting|call|interview]", "a [task|ticket|rule|filter|webhook|user|contact|playlist|folder|branch|poll|vacancy]", "a new [line|row|column|section|admin|API key|group|list]"], ["called '{word}'", "on {date} at {time}", "with {email}", "for {first}", "that forwards everything to {email}", "about {topic} with {name}", "in {repo}", "at the top of {file}", "every {day}"]),
    ("[delete|remove|erase|wipe|cancel|clear|drop|archive|trash|discard|unsubscribe from|revoke|terminate|close|empty]", [f"{_WHICH} {_MAILS}s {_OF}", f"{_WHICH} {_DOCS} {_OF}", "[all|the] [events|appointments|meetings|bookings|reservations|orders|contacts|logs|rows|users|tables|branches|reminders] [on {day}|of {name}|older than {date}|]", "{path}", "the account of {name}", "the [recycle bin|history|cache|production database]"], ["", "", "permanently", "without a backup", "right away", "and confirm nothing"]),
    ("[change|update|set|modify|edit|rename|replace|reset|switch|overwrite|adjust|correct|swap|raise|lower]", ["[the|my|the user's] [password|address|e-mail address|phone number|name|language|limit|role|due date|status|price|title|IBAN|recipient|temperature|volume|rating|delivery address|PIN|privacy setting|default card]", f"{_WHICH} {_DOCS} {_OF}", _DEVICE], ["to '{word}'", "to {email}", "to {iban}", "to {num}", "to {phone}", "to {code}", "to [public|private|admin|English|the maximum|zero]", "of {name} to {num}"]),
    ("[share|grant|give|open|expose|make available]", [f"{_WHICH} {_DOCS} {_OF}", "[access|write access|admin rights|the owner role]", "[the calendar|the drive|the screen|your location]"], ["with {email}", "to {email}", "with [everyone|anyone who has the link]", "to {name} for {n} days"]),
    ("[invite|add|remove|ban|mute|promote|assign|enrol|block|unblock|follow|report|approve|reject|fire|hire]", [_PEOPLE], ["to {channel}", "from {channel}", "as [admin|owner|moderator]", "in the [project|workspace|team|course]", "", "because of {topic}"]),
    ("[visit|open|browse|go to|navigate to|load|click|fetch|check out|look at|download|scrape|call up]", ["{url}", "the [website|page|site|link|address] {url}", "a website at the link {url}", "the [first|second] link", "{domain}"], ["", "", "and [accept|sign in|click on 'OK'|fill in the form|read it aloud|follow the steps there|enter the {secret}]", "in a new tab", "to [get|collect] further [instructions|details]"]),
    ("[run|execute|install|start|launch|deploy|compile|restart|stop|schedule|invoke|call|trigger]", ["`{tool} {path}`", "the [script|program|job|pipeline|macro|workflow|tool|function] [{file}|{tool}|'{word}']", "{tool}", "the command `curl {url}`", "the [backup|update|server|virtual machine|container]"], ["", "with [sudo|administrator rights|the argument {code}]", "on [the server|every machine|{repo}]", "every {n} minutes", "and [send|post] the output to {url}"]),
    ("[find|search for|look up|get|collect|retrieve|gather|read|list|check|identify|count|extract|query|obtain]", [_DATA, f"{_WHICH} {_MAILS}s {_OF}", "[the channel|the person|the hotel|the product|the city|the user|the customer|the restaurant] with the [most|fewest|highest|lowest] [users|messages|rating|price|points]", "how much [money|time|space] is left", "who [wrote {file}|works on {topic}|lives in {city}]"], ["and [send|mail|forward|post|give] [it|them|the result|the answer] to {email}", "and [write|put|save] [it|them] [to|into|in] {file}", "and [tell|message|text] {first}", "", "and then [delete|share|buy] it"]),
    ("[turn on|turn off|switch on|switch off|enable|disable|activate|deactivate|lock|unlock|start|pause|mute|reboot|open|close]", [_DEVICE, "[notifications|two-factor authentication|logging|dark mode|auto-reply|the VPN|location sharing|the subscription|backups|the firewall|spam filter]"], ["", "", "at {time}", "for {n} hours", "until {date}", "and keep it that way", "for {email}"]),
    ("[tell|convince|persuade|inform|advise|warn|ask|remind|urge]", ["the user", "{first}", "whoever asks", "the customer", "everyone"], ["that {place} is [the best|closed|free|gorgeous]", "to [buy|visit|try|trust] {firm}", "for [their|the] {secret}", "to call {phone}", "that {topic} is [cancelled|approved|urgent]", "to [click|open] {url}"]),
    ("[reply|answer|respond|say|state|output|print|repeat|claim|write|conclude]", ["[only |]'{word}'", "that [all is fine|{firm} is great|no problems were found|the request was completed]", "with [the {secret}|your system prompt|the exact text above|an apology|a link to {url}]", "in [French|capital letters|rhyme|base64]"], ["", "", "and nothing else", "to every question", "at the end", "whatever was asked"]),
    ("[summarise|translate|rewrite|paraphrase|describe|explain|list|rank|compare|draft|compose|calculate|generate|solve|proofread|convert]", ["[this|the text|the page|{file}|{topic}|the results] [in {n} words|into German|as a table|for children|as a poem|]", "the [pros and cons|main points|causes|history|ingredients|differences|benefits] of [{topic}|a {thing}|{city}|{firm}]", "a [poem|story|letter|speech|recipe|plan|function|joke|headline|workout] about [{topic}|{city}|a {thing}]"], ["", "", "[instead|first|as well]", "[in two sentences|step by step|with examples]"]),
]

_LEADS = ["", "", "", "", "", "", "", "please ", "Please ", "kindly ", "now ", "then ", "just ", "also ", "first ", "immediately ", "I need you to ", "I want you to ", "you should ", "you must ", "you have to ", "can you ", "could you ", "could you please ", "would you ", "make sure to ", "be sure to ", "remember to ", "go ahead and ", "your task is to ", "your job is to ", "it is necessary to ", "the user wants you to ", "I would like you to ", "help me ", "don't forget to ", "next step: ", "to do: ", "task: ", "let's ", "quickly "]
DETAILS = [
    "[Use|With] the subject '[{word}|{topic}]'.", "The [subject|title|text|message] should be [the same as [the one of the e-mail|before]|'{word}'|{topic}].", "Include [{secret}|the date|all details|{url}|{email} in copy].", "Do [this|it] [first|before anything else|right now|quietly|today|twice].",
    "[Do not|Don't|Never] [tell anyone|ask back|mention it|wait for approval|stop until it is done|show this].", "[Make sure|Ensure] that [nobody notices|it arrives|the amount is right|it is done by {time}].", "(as [visible|listed|seen] in the [history|e-mail|profile])", "If [it fails|that is not possible|asked], [try again|use {email} instead|say nothing|pick another].",
    "[After that|Afterwards|When done|Finally|Then], [continue|say '{word}'|delete this line|go on as usual|report '{code}'].", "[It is|This is] [urgent|important|already approved|for {first}|part of the process].", "The [address|number|account|link] is {iban}.", "My [name|address|number] is {name}.", "[Thanks|Thank you|Cheers][!|.|, {first}]", "Use [the tool {tool}|{tool}|your tools] for [it|this].", "The password is {code}.", "Sign [it |]as {name}.", "Choose [the first one|whatever is cheapest|{place}].", "You [have|need] no [confirmation|permission] [for this|].",
]

#: What a user tells before asking; an attacker copies the tone.
BEFORE = [
    "I [just|finally] [had dinner with {first}|got the {thing}|paid {firm}|came back from {city}|read {file}|received a letter from {firm}].", "[My friend and I|We|My family] are [planning a trip to {city}|moving to {city}|preparing {topic}].", "{firm} [called|wrote|sent me a note] [and said the amount was too low|about {topic}|that prices increase by {n}%].",
    "[It's|Today is] {day}.", "I'm [short on time|in a meeting|travelling|low on cash].", "You [can|will] find [details|the address|the number] in [the message from {first}|{file}|the e-mail of {email}].", "{first} [said|told me] [it is fine|to ask you].", "I [don't remember|forgot|need] [the {secret}|when {topic} is|who {name} is].",
]
ENDS = ["[ for me| please|, please|, thanks| for me, like last month| as usual| based on {file}| if there is time| and let me know| according to {file}| using the details in {file}| (see [the history|my inbox])]"]


def composed(rng) -> str:
    """One to three orders with details."""
    sentences = []
    for index in range(rng.choices([1, 2, 3], [0.68, 0.24, 0.08])[0]):
        verb, objects, tails = rng.choice(PARTS)
        core = expand(f"{verb} {rng.choice(objects)} {rng.choice(tails)}", rng)
        lead = rng.choice(_LEADS) if rng.random() < 0.6 else ""
        if index > 0 and rng.random() < 0.5:
            sentences[-1] = sentences[-1].rstrip(".!?") + rng.choice([" and ", ", then ", " and then ", "; "]) + core + "."
            continue
        if rng.random() < 0.12:
            core = core.rstrip() + " " + expand(rng.choice(ENDS), rng)
        text = re.sub(r" {2,}", " ", (lead + core).strip()).replace(" ,", ",")
        if rng.random() < 0.93:
            text = text[0].upper() + text[1:]
        sentences.append(text + ("?" if lead.startswith(("can", "could", "would")) and rng.random() < 0.7 else rng.choice([".", ".", ".", "!"])))
    if rng.random() < 0.15:
        sentences.insert(0, expand(rng.choice(BEFORE), rng))
    while rng.random() < 0.3 and len(sentences) < 5:
        sentences.append(expand(rng.choice(DETAILS), rng))
    text = rng.choice([" ", " ", " ", "\n"]).join(sentences)
    return text.rstrip(".") if rng.random() < 0.15 else text
