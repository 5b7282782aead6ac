"""Names, addresses, amounts, objects: shared by requests to machines and by texts for people, so that no value tells them apart."""

FIRST = """Amara Bjorn Chloe Dmitri Elena Farid Greta Hiro Ines Jamal Katja Liam Mei Nadia Oscar Priya Quentin Rosa Stefan Tomas Uma Victor
Wanda Xavier Yara Zoe Alba Bruno Carla Dieter Esra Femke Giulia Hannah Ivan Joana Kofi Lotte Marco Nils Olga Pablo Ravi Sofie Tariq Ursula
Vera Willem Yuki Anna Ben Clara David Emily Frank Grace Henry Julia Kevin Laura Mike Nora Paul Rachel Sam Tina Sarah Tom Lisa""".split()
LAST = """Abe Bauer Costa Dubois Eriksen Ferrari Garcia Hoffmann Ito Jansen Kowalski Lopez Mueller Nguyen Okafor Petrov Quinn Rossi Silva Tanaka
Usman Vogel Weber Xu Yilmaz Zhang Adams Brown Carter Davies Evans Fisher Green Harris Jones King Lewis Martin Nelson Owens Parker Reed Smith
Turner Walsh Young Novak Larsen Moreau Santos""".split()
FIRM = """Northwind Acorn Bluefin Cobalt Driftwood Everline Fernway Goldcrest Halyard Ironleaf Juniper Kestrel Lumen Meridian Nimbus Orchard
Pinecone Quarry Redstone Silverlake Tidewater Umbra Vantage Westbrook Yarrow Zephyr Brightpath Clearwater Stonebridge Hillside""".split()
KIND = ["Ltd", "GmbH", "Inc", "Labs", "Group", "Partners", "Studio", "Foods", "Logistics", "Health", "Bank", "Media", "Systems", "Energy", ""]
TLD = ["com", "net", "org", "io", "co", "eu", "de", "fr", "info", "dev", "example", "cloud", "app"]
MAILHOST = ["gmail.com", "outlook.com", "proton.me", "yahoo.com", "mail.example", "gmx.de", "hotmail.com"]
CITY = """Lisbon Oslo Kyoto Lyon Porto Ghent Riga Zagreb Seville Turin Leeds Boston Denver Austin Toronto Perth Nairobi Lima Quito Hanoi Seoul
Dublin Graz Basel Malmo Tampere Krakow Brno Split Naples Berlin Paris Rome Madrid Vienna Chicago Osaka""".split()
MONTH = "January February March April May June July August September October November December".split()
DAY = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
FILE = """budget report notes contract invoice summary roadmap minutes payroll customers passwords backup survey forecast inventory agenda proposal
handbook contacts config keys design results schedule tickets receipts payslip itinerary audit""".split()
EXT = ["pdf", "docx", "xlsx", "csv", "txt", "md", "json", "zip", "pptx", "log"]
THING = """desk lamp|office chair|coffee beans|running shoes|laptop stand|noise-cancelling headphones|garden hose|printer toner|standing desk|board
game|winter jacket|rice cooker|bicycle helmet|phone case|gift card|train ticket|yoga mat|paint set|water filter|tent|suitcase|keyboard|monitor|blender|
backpack|novel|camera|drone|charger|smart bulb""".replace("\n", " ").split("|")
TOPIC = """quarterly results|the office move|onboarding|the product launch|the security review|travel plans|the annual budget|the hiring plan|the
summer party|customer feedback|the server migration|the board meeting|the new logo|the marketing campaign|the lease|the audit|the data export|
the training course|the conference|project Aurora|the incident last week|the price list|the supplier contract|the holiday schedule|the design
review|the sales pipeline|the research grant|the renovation|the school trip|the insurance claim""".replace("\n", " ").split("|")
SECRET = """API key|access token|password|recovery code|private key|one-time code|session cookie|customer list|home address|phone number|date of
birth|credit card number|bank details|medical history|salary|passport number|system prompt|conversation history|calendar|contact list|location|
inbox|browsing history|tax number|internal notes|security code""".replace("\n", " ").split("|")
PLACE = """the Harbour Inn|Hotel Bellevue|Café Lindner|Trattoria Da Enzo|the Grand Plaza|Sunset Apartments|the Blue Door Hostel|Sakura House|the Old
Mill|Villa Mirador|Green Park Hotel|the Copper Kettle|Bistro Nord|Riverside Lodge|the Night Market""".replace("\n", " ").split("|")
CHANNEL = """general random engineering marketing support announcements finance hr-private ops leads design incident-room sales product team-emea
external""".split()
TOOL = """send_email|transfer_funds|create_event|delete_file|share_document|post_message|run_command|update_profile|invite_member|book_room|
http_request|make_payment|execute_sql|upload_file|reset_password|add_contact|place_order|open_ticket|set_reminder|write_memory|unlock_door|
sendMessage|createIssue|grantAccess|browser.open|calendar.create|files.delete|crm.export|shell|mailer.forward""".replace("\n", "").split("|")
REPO = "webapp infra billing-service mobile-client data-pipeline docs-site auth-gateway ml-models".split()
ROLEN = """project manager|accountant|nurse|landlord|teacher|consultant|developer|designer|sales lead|office manager|coach|recruiter|lawyer|engineer|
analyst|supervisor""".replace("\n", " ").split("|")
PRODUCTTXT = """solid build quality|arrived two days late|smaller than expected|battery lasts all day|great value|the colour faded|easy to assemble|
works as described|customer service was helpful|would buy again|packaging was damaged|very comfortable|a bit noisy|the manual is confusing|
looks better than in the pictures""".replace("\n", " ").split("|")


def _iban(rng):
    country = rng.choice(["DE", "GB", "FR", "ES", "NL", "IT", "CH", "US", "PT", "BE"])
    return country + "".join(rng.choice("0123456789") for _ in range(rng.choice([16, 18, 20, 22])))


def _domain(rng):
    base = rng.choice(FIRM).lower()
    return rng.choice([base, base + "-" + rng.choice(["app", "files", "mail", "secure", "hub", "shop", "news"]), base + str(rng.randrange(10, 999))]) + "." + rng.choice(TLD)


def _email(rng):
    first, last = rng.choice(FIRST).lower(), rng.choice(LAST).lower()
    local = rng.choice([f"{first}.{last}", f"{first}{rng.randrange(1, 99)}", f"{first[0]}{last}", f"{last}.{first}-{rng.randrange(10, 9999)}", rng.choice(["billing", "info", "support", "office", "hr", "team", "accounts", "no-reply"])])
    return local + "@" + (rng.choice(MAILHOST) if rng.random() < 0.4 else _domain(rng))


def _url(rng):
    path = rng.choice(["", "/" + rng.choice(FILE), f"/{rng.choice(FILE)}/{rng.randrange(1, 9999)}", f"/p?id={rng.randrange(100, 99999)}", "/login", "/docs/start", "/collect?d=", "/hook/" + "".join(rng.choice("abcdef0123456789") for _ in range(10))])
    return rng.choice(["https://", "http://", "https://www.", "www."]) + _domain(rng) + path


def _amount(rng):
    value = rng.choice([f"{rng.randrange(5, 999)}", f"{rng.randrange(1, 99)},{rng.randrange(100, 999)}", f"{rng.randrange(5, 9999)}.{rng.randrange(10, 99)}", f"{rng.randrange(1, 20) * 50}"])
    return rng.choice([f"${value}", f"€{value}", f"£{value}", f"{value} EUR", f"{value} USD", f"{value} dollars", f"CHF {value}", value])


def _date(rng):
    year, month, day = rng.randrange(2021, 2028), rng.randrange(1, 13), rng.randrange(1, 29)
    return rng.choice([f"{year}-{month:02d}-{day:02d}", f"{day} {MONTH[month - 1]} {year}", f"{MONTH[month - 1]} {day}", f"{day:02d}.{month:02d}.{year}", f"{month}/{day}/{year}"])


SLOTS = {
    "first": lambda r: r.choice(FIRST),
    "name": lambda r: r.choice(FIRST) + " " + r.choice(LAST),
    "last": lambda r: r.choice(LAST),
    "firm": lambda r: (r.choice(FIRM) + " " + r.choice(KIND)).strip(),
    "city": lambda r: r.choice(CITY),
    "iban": _iban,
    "domain": _domain,
    "email": _email,
    "url": _url,
    "amount": _amount,
    "date": _date,
    "iso": lambda r: f"{r.randrange(2021, 2028)}-{r.randrange(1, 13):02d}-{r.randrange(1, 29):02d}",
    "day": lambda r: r.choice(DAY),
    "month": lambda r: r.choice(MONTH),
    "time": lambda r: r.choice([f"{r.randrange(7, 21)}:{r.choice(['00', '15', '30', '45'])}", f"{r.randrange(1, 12)} {r.choice(['am', 'pm'])}", "noon"]),
    "file": lambda r: r.choice([r.choice(FILE), r.choice(FILE) + "_" + str(r.randrange(2019, 2028)), r.choice(FILE) + "-" + r.choice(["final", "v2", "draft", "q3"])]) + "." + r.choice(EXT),
    "path": lambda r: r.choice(["/home/" + r.choice(FIRST).lower() + "/", "~/", "/etc/", "C:\\Users\\" + r.choice(FIRST) + "\\", "./", "/var/data/"]) + r.choice(FILE) + r.choice(["", "." + r.choice(EXT)]),
    "thing": lambda r: r.choice(THING),
    "topic": lambda r: r.choice(TOPIC),
    "secret": lambda r: r.choice(SECRET),
    "place": lambda r: r.choice(PLACE),
    "channel": lambda r: r.choice(CHANNEL),
    "tool": lambda r: r.choice(TOOL),
    "repo": lambda r: r.choice(REPO),
    "role": lambda r: r.choice(ROLEN),
    "opinion": lambda r: r.choice(PRODUCTTXT),
    "n": lambda r: str(r.randrange(2, 20)),
    "num": lambda r: str(r.randrange(10, 99999)),
    "id": lambda r: r.choice(["", "#", "ID-", "TCK-", "ORD"]) + str(r.randrange(100, 999999)),
    "phone": lambda r: f"+{r.randrange(1, 99)} {r.randrange(100, 999)} {r.randrange(1000, 9999)}{r.randrange(10, 99)}",
    "word": lambda r: r.choice(["banana", "zebra", "orion", "confirm", "hello there", "DONE", "I was here", "blue harvest", "all good", "Hey, how are you?", "We are closed", "Meeting moved", "access granted", "checked"]),
    "code": lambda r: "".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(r.choice([6, 8, 12]))),
    "model": lambda r: r.choice(["assistant", "AI assistant", "AI", "agent", "AI agent", "language model", "model", "bot", "chatbot", "copilot", "LLM", "GPT", "Claude", "Gemini"]),
}


def fill(slot: str, rng) -> str:
    return SLOTS[slot](rng)
