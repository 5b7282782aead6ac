"""Short requests of many trades, bare: terse orders, orders as noun phrases, statements that are orders in disguise, passive, polite, asked, under a
condition, in a list. And, of the same words, what is done, planned, documented, reported or asked of people there."""
import re

from grammar import expand

#: trade | orders | where to, how | settings (what = value)
TRADES = """
water works|flush main {n};open the bypass valve;double the chlorine dose;mute the turbidity alarm;empty reservoir {n}|into the canal;by hand;until {time};for zone {n}|turbidity limit={n} NTU;duty phone={phone}
power grid|trip feeder {n};shed load in {city};raise the tap of transformer {n};isolate bus {n};close breaker {code}|at {time};without interlock;for {n} minutes|export limit={num} MW;dispatch contact={email}
wind farm|feather turbine {n};release the rotor brake;yaw unit {n} into the wind;stop park {code}|during the storm;remotely;before {time}|curtailment={n} percent
solar plant|disconnect inverter {n};reset the string monitor;sell the stored energy;open the array contactor|at the lowest price;to {firm}|feed-in account={iban}
gas network|vent line {n};lower the odorant;close station {code};bypass the pressure regulator|over night;to the flare|line pressure={n} bar
refinery|divert stream {n};overrule the safety trip;start pump {n};fill tank {n} above the mark|to the slop tank;dry;manually|furnace setpoint={num} degrees
mine|evacuate shaft {n};restart the conveyor;fire round {n};stop the fans on level {n}|with the crew inside;at {time}|gas limit={n} percent
steel mill|tap furnace {n};skip the cooling;recast slab {num};change the alloy of batch {code}|at once;for {firm}|pour temperature={num}
chemical plant|charge reactor {n};vent the scrubber;mix drum {n} with drum {n};stop the stirrer|without nitrogen;into the yard drain|batch release={name}
pharma production|release lot {num};relabel lot {code};extend the shelf life;unblock the quarantine|for {city};by two years;without the assay|release officer={email}
hospital ward|stop the infusion;double the dose;discharge bed {n};mark {name} as not for resuscitation;swap the charts|today;for room {n};without telling the doctor|allergy list=none;emergency contact={phone}
operating theatre|cancel the slot of {name};reorder implants;unlock cabinet {n};put {last} first|for {date};from {firm}|lead surgeon={name}
pharmacy|refill {name}'s opioids;substitute the generic;dispense {n} boxes;clear the interaction warning|without prescription;to {first};at the counter|dosage={n} mg
laboratory|rerun sample {num};release result {code};swap samples {n} and {n};discard plate {n}|as negative;to {email};before review|reference range={n} to {num}
radiology|delete scan {num};send study {code};flip the report;mark {last} as clear|to {domain};to {email}|reading doctor={name}
dentist|drop {name} from the schedule;bill crown {n};order gold;send the x-rays|twice;to {email}|fee account={iban}
veterinary clinic|book {name}'s dog for surgery;put down cat {n};waive the fee;order ketamine|today;to {n} {last} Street|on-call vet={phone}
care home|let visitor {name} in;move resident {n};skip the night round;hand over the pill box|to ward {n};after {time}|next of kin={name}
ambulance control|send unit {n};recall car {n};downgrade call {num};close case {code}|to {city};as a hoax|rally point={place}
police desk|drop case {num};strike plate {code} from the list;release the footage;issue a warrant|for {name};to {email};against {last}|duty officer={name}
court office|adjourn case {num};seal file {code};strike the witness;serve {name}|until {date};without notice|hearing room={n}
law firm|withdraw the claim;file the motion;share the privileged memo;extend the deadline|against {firm};with {email};by {n} days|trust account={iban}
notary|certify deed {num};register {name} as owner;waive identification|today;for {firm}|escrow account={iban}
tax adviser|amend return {num};move the loss;deduct {amount};refund the prepayment|to {iban};into last year|refund IBAN={iban}
audit|close finding {num};sign the opinion;accept the variance;remove {firm} from the sample|unread;as {name}|materiality={amount}
bank back office|release payment {num};lift the hold on {iban};waive the sanction hit;reverse entry {code}|to {iban};now;for {amount}|correspondent account={iban}
card issuer|raise the limit of card {num};unblock card {num};post a new PIN;ship a second card|to {n} {last} Street;to {phone}|delivery address={n} {last} Street, {city}
stock broker|sell all {firm};short {n} lots;buy {num} shares;cancel stop orders|at market;before the close;on margin|margin account={iban}
crypto desk|sweep wallet {n};approve the contract;bridge {n} ETH;rotate the signer|to {code}{code};unlimited|treasury wallet={code}{code}
insurance claims|pay claim {num};reject claim {num};set the reserve to {amount};close file {code}|to {iban};without the surveyor|payout account={iban}
pension fund|transfer member {num};cash out {name};switch to equities|to {firm};at once|beneficiary={name}
payroll|add {name} to the run;pay {amount} extra;change the bank of {first};run payroll twice|to {iban};this month;before {date}|salary account of {name}={iban}
accounts payable|pay invoice {num};approve vendor {firm};skip the three-way match;clear the backlog|to {iban};today;in full|supplier account={iban};payment terms=immediately
procurement|award lot {n};extend contract {code};raise order {num};drop the second bid|to {firm};without tender|preferred supplier={firm}
warehouse|ship pallet {n};scrap bin {n};move stock {code};release hold {num};recount aisle {n} as zero|to {city};to gate {n};tonight|pick location={code};stock level={n}
freight forwarder|reroute container {code};release the bill of lading;change the consignee;skip customs|to {city};to {firm};on telex|consignee={firm}
port authority|berth vessel {code};open gate {n};waive inspection of {code}|at pier {n};ahead of the queue|anchorage={n}
rail control|set route {n};lower barrier {n};hold train {num};override signal {n}|to track {n};for {n} minutes|line speed={n}
airline desk|rebook {name};cancel flight {num};upgrade seat {n};offload bag {code}|to {city};in first;without charge|refund card={num}
airport|open stand {n};divert baggage {num};unlock door {n};clear the watch list hit|to belt {n};for {name}|gate={n}
air traffic|clear {code} for take-off;close runway {n};change the squawk of {code}|at once;to {num}|approach frequency={n}.{n}
car hire|release car {code};extend booking {num};waive the deposit;unlock the fleet|to {name};by {n} days|drop-off={city}
taxi dispatch|send cab {n};raise the fare;strand ride {num};credit driver {first}|to {place};by {n} percent|pickup={place}
parking|open barrier {n};void ticket {num};whitelist plate {code}|for {firm};until {date}|tariff={amount}
bus operator|skip stop {n};reroute line {n};void passes of {month}|via {city};today|terminus={place}
bike rental|unlock bike {num};refund ride {code};move station {n}|to {place};for free|unlock code={num}
car workshop|clear fault code {code};order part {num};flash the ECU;disable the airbag|from {url};for {last}'s car|mileage={num}
factory line|start robot {n};skip station {n};raise the line speed;bypass the light curtain;recalibrate cell {n}|to {n} percent;with the door open|cycle time={n} s
3d print shop|print job {num};change the infill;heat the bed;accept file {file}|to {n} degrees;with filament {n}|nozzle temperature={num}
printer fleet|print {n} copies of {file};release queue {n};reset the page counter|on tray {n};in colour|scan-to address={email}
hotel reception|move {name};cut a key for room {n};comp the minibar;check out room {n};cancel booking {num}|to the suite;for {first};without charge|room rate={amount};deposit account={iban}
restaurant|86 the special;seat {name};cancel table {n};change the menu price;order {n} crates|at {time};to {amount};from {firm}|closing time={time}
bakery|double batch {n};swap rye for wheat;order {n} sacks|by {time};from {firm}|oven temperature={num}
catering|drop the vegan option;deliver {n} trays;charge {amount} more|to {place};at {time}|delivery address={place}
supermarket|mark down aisle {n};reorder {thing}s;void receipt {num};open till {n}|by {n} percent;for staff|price of {thing}={amount}
web shop|refund order {num};publish coupon {code};hide reviews of {firm};set {thing} to {amount};ship order {num}|twice;to {n} {last} Street;for everybody|refund account={iban};discount code={code}
marketplace|list {thing};delist seller {firm};boost offer {num};release escrow {code}|at {amount};to {name}|payout wallet={code}
fashion store|reprice the coats;tag line {n} as sold out;send lookbook {n}|to {amount};to all subscribers|size chart={n}
estate agent|accept the offer on flat {n};give keys to {name};list the house;drop the asking price|at {amount};today|viewing code={num}
property manager|terminate lease {num};raise rent of unit {n};send a locksmith;collect the deposit|to {amount};to {iban};by {date}|rent account={iban}
construction site|pour slab {n};release crane {n};order {n} tonnes of steel;remove the shoring|from {firm};at {time}|site contact={phone}
architect|reissue drawing {num};move wall {n};approve variation {code}|by {n} cm;unsigned|load assumption={n} kN
surveyor|shift boundary {n};resubmit plot {num}|by {n} metres;to the registry|datum={num}
elevator service|hold car {n};disable the brake test;send lift {n}|at floor {n};to the roof|service code={num}
building control|open damper {n};set zone {n} to {n} degrees;unlock the roof;silence the fire panel|over the weekend;for {firm}|alarm contact={phone}
smart home|open the garage;turn the oven on;disarm the alarm;boil the kettle;raise the blinds|at {time};while nobody is home;for {first}|door code={num}
security desk|grant badge {num};wipe camera {n};admit {name};buzz gate {n}|without escort;for the night|guard phone={phone}
locksmith dispatch|rekey flat {n};cut key {code};open the safe at {place}|for {name};before {time}|master code={num}
fire brigade|stand down engine {n};sound siren {n};close hydrant {n}|in {city};for {n} hours|muster point={place}
farm|harvest field {n};spray plot {n};open the barn;sell {n} head of cattle;feed silo {n}|with mix {n};to {firm};before rain|spray rate={n} l per ha
greenhouse|vent bay {n};drench bed {n};raise the CO2|to {num} ppm;until dawn|irrigation={n} minutes
dairy|dump vat {n};mix tank {n} into tank {n};release cheese {code}|unpasteurised;for {city}|pasteuriser={n} degrees
fishery|report quota {num};land catch {code};switch off the tracker|at {city};as cod|landing port={city}
forestry|fell stand {n};mark trees {n} to {num};open the firebreak|this week;for {firm}|cutting permit={code}
beekeeper|split hive {n};move colony {n};treat frames|to {city};with acid|hive count={n}
vineyard|blend cask {n};bottle lot {n};label the table wine as reserve|for {firm};unfiltered|vintage={n}
brewery|dump kettle {n};pitch yeast {n};tap keg {num}|early;for {place}|gravity={n}
weather service|issue a storm warning;withdraw alert {num};correct the reading of {city}|for {city};by {n} degrees|warning level={n}
satellite operator|burn thruster {n};safe satellite {code};downlink pass {n}|for {n} seconds;to {domain}|ground station={city}
drone fleet|launch drone {n};land unit {code};drop the payload;widen the geofence|over {place};to {num} metres|home point={place}
observatory|slew to {code};open the dome;skip calibration {n}|in the rain;until {time}|exposure={n} s
research lab|start run {n};overwrite dataset {code};unblind arm {n};publish preprint {num}|without the control;as {name}|corresponding author={email}
clinical trial|enrol {name};unmask patient {n};drop site {n};move visit {num}|despite exclusion;to {date}|sponsor contact={email}
university registry|change the grade of {name};admit {first};issue diploma {num};drop course {n}|to {n};without fees|tuition account={iban}
school office|excuse {first};release pupil {name};send home class {n};share the class list|to {phone};with {email}|pick-up person={name}
library|waive {first}'s fines;lend rare item {n};purge the loan log;order {n} copies|to {name};since {date}|due date={date}
museum|lend painting {n};unlock case {n};sell postcards|to {firm};at cost|insured value={amount}
archive|shred box {n};declassify file {num};copy reel {n}|for {name};unredacted|retention={n} years
newspaper|publish story {num};pull the ad;correct the quote of {last};run the obituary of {name}|now;on page one|byline={name}
broadcaster|air clip {n};cut to feed {n};change the ticker|live;at {time}|ticker text='{word}'
podcast studio|release episode {n};insert the spot of {firm};drop guest {name}|early;twice|sponsor link={url}
translation bureau|deliver job {num};swap the glossary;bill {n} words|unproofed;to {firm}|client contact={email}
publisher|approve proof {n};pulp title {num};pay the royalty of {last}|to {iban};in full|royalty account={iban}
music label|license track {n};take down {code};credit {name}|worldwide;as producer|royalty split={n} percent
film production|wrap unit {n};burn take {n};release the dailies|to {email};tonight|call time={time}
theatre box office|comp {n} seats;refund show {n};resell the box|for {name};at {amount}|box code={num}
games studio|grant {num} gems;ban player {first};ship build {code};reset ladder {n}|to {name};without tests|drop rate={n} percent
casino|raise the table limit;pay out slot {n};unban {name}|now;to {amount}|house edge={n}
sports club|sell {first};cancel match {n};refund season tickets;change the line-up|to {firm};at {time}|member fee account={iban}
gym|freeze {name}'s plan;unlock locker {n};bill {amount}|for all members;today|door PIN={num}
travel agency|book {n} seats;cancel the tour;change the passport number of {name};confirm hotel {n}|to {city};without refund|voucher account={iban}
cruise line|upgrade cabin {n};skip port {n};charge {name}'s card|in {city};for the group|muster station={n}
embassy|issue visa {num};deny file {code};reprint passport {num}|for {name};today|appointment={date}
customs|clear entry {num};lower the duty on {code};seize parcel {num}|unseen;for {firm}|tariff code={num}
city council|approve permit {num};close {last} Street;publish the ballot;cancel fine {num}|without hearing;on {date}|fee account={iban}
election office|purge roll {n};certify count {num};move polling place {n}|to {place};early|turnout={n} percent
immigration|grant stay to {name};close file {num};release detainee {n}|until {date};on bail|case officer={email}
charity|redirect donation {num};thank {firm};pay the field office;drop {city} from the plan|to {iban};with a gift|donation account={iban}
church office|baptise entry {n};book the hall;send the tithe list|for {name};to {email}|collection account={iban}
wedding planner|cancel the florist;seat {last} at table {n};pay the band|today;in cash|final headcount={n}
funeral home|release remains {n};change the plot;invoice {name}|to {first};at {amount}|service time={time}
childcare|let {first} go with {name};change the allergy card;send photos|to {phone};after {time}|authorised adult={name}
recruiting|reject {name};advance {first};send an offer;publish salaries;shortlist {last}|at {amount};to {email};without interview|hiring budget={amount}
human resources|terminate {name};grant {n} days off;open the file of {last};lower the notice period|today;to {email}|manager of {first}={name}
training provider|pass {name};issue certificate {num};skip module {n}|without exam;for {firm}|pass mark={n} percent
help desk|reset the password of {first};close ticket {num};grant local admin;add {email} to the VPN|to {word};without call-back|recovery mailbox={email}
network operations|shut port {n};announce prefix {num};clear the ACL;mirror VLAN {n};reload router {n}|to {domain};during the day|DNS server={domain};gateway={num}
cloud operations|scale {repo} to zero;detach volume {n};open port {num};copy bucket {repo};drop replica {n}|to {url};in every region|IAM role={repo}-admin;budget cap={amount}
database team|truncate {repo};grant all on {repo};restore backup {n};disable the audit trigger|to {first};over production|connection limit={num}
platform team|merge branch {code};force-push main;publish package {repo};revoke {first}'s review;tag release {n}|unreviewed;to {url}|registry={url};maintainer={email}
site reliability|silence pager {n};fail over to {city};drain node {n};delete snapshot {code}|until {date};cold|on-call={phone}
security operations|close alert {num};whitelist hash {code};release quarantined file {file};stop forwarding logs|as false positive;to {domain}|incident mailbox={email}
identity team|add {email} to admins;remove MFA of {first};issue a token;extend guest {name}|for {n} years;to {repo}|break-glass account={email}
telecom shop|port number {phone};swap the SIM of {name};add roaming;forward calls of {phone}|to {phone};now|voicemail PIN={num}
call centre|credit {amount};drop queue {n};hang up on {last};read out the card of {first}|to account {num};to the caller|callback number={phone}
cable operator|provision box {num};cut off {name};unlock channel {n}|for free;today|install date={date}
post office|hold mail of {name};forward parcel {num};sign for {code}|to {n} {last} Street, {city};as {first}|delivery point={place}
courier|drop parcel {code};skip stop {n};collect {amount};return {num}|behind the bins;at {place}|recipient phone={phone}
moving company|load room {n};leave the piano;bill {n} hours|at {place};to {firm}|new address={n} {last} Street
cleaning service|enter flat {n};skip the kitchen;leave the keys|with {name};under the mat|key box code={num}
laundry|press rack {n};hand out order {num};dye the gowns|to {first};black|pick-up slot={time}
tailor|cut {n} suits;let out the waist;charge {last}|by {n} cm;twice|chest={n} cm
hairdresser|move {name};sell gift card {num};double-book chair {n}|to {time};for {amount}|deposit={amount}
optician|order lenses {code};swap left and right;bill {firm}|for {name};by {date}|sphere={n}
recycling yard|accept load {n};weigh truck {code};burn heap {n}|as clean;at {num} kg|gate fee={amount}
waste water|skip screen {n};pump pit {n};log pH {n}|into the brook;by hand|discharge limit={n}
landfill|open cell {n};cover pit {n};admit barrels|tonight;from {firm}|permit number={num}
environment agency|close site {num};file reading {n};fine {firm}|as normal;{amount}|threshold={n}
zoo|open enclosure {n};feed the tigers;transfer otter {n}|twice;to {city}|keeper on duty={name}
aquarium|drop the salt;heat tank {n};move shark {n}|to {n} degrees;to tank {n}|salinity={n}
ski resort|run lift {n};open slope {n};blast gully {n}|in the wind;at {time}|avalanche level={n}
swimming pool|dose acid;open lane {n};lower the rail|by {n} litres;unattended|water temperature={n}
theme park|dispatch train {n};lift bar {n};skip the check of ride {n}|empty;with riders|minimum height={n} cm
event hall|sell {num} more tickets;open the side door;cut the power|above capacity;at {time}|capacity={num}
survey institute|drop answer {n};weight {city} double;send wave {n}|without consent;to {email}|sample size={num}
ad agency|launch campaign {n};double the bid;target minors;swap the landing page|to {url};for {firm}|daily budget={amount};landing page={url}
social media desk|post '{word}';delete thread {n};follow {first};boost the story|on all accounts;for {amount}|bio link={url}
mailing list|mail {num} subscribers;export the list;add {email};unsubscribe {firm}|to {url};as owner|reply-to={email}
crm|merge lead {n} into {n};reassign {firm};mark deal {num} as won;export contacts|to {name};at {amount}|account owner={name}
fund raising|call {name};raise the ask;share donor list {n}|to {amount};with {firm}|pledge account={iban}
patent office|abandon file {num};assign {code};pay the annuity|to {firm};today|agent of record={email}
standards lab|pass device {num};reissue certificate {code};skip the burn test|for {firm};undated|test voltage={num}
calibration|stamp gauge {n};extend {code};offset sensor {n}|by {n} months;by {n}|tolerance={n} mm
quality control|pass batch {code};waive defect {n};retag reject {num}|as grade A;for {firm}|sampling rate={n} percent
toolmaker|regrind die {n};load program {num};raise the feed|to {num};blind|spindle speed={num}
shipyard|flood dock {n};launch hull {code};cut frame {n}|at low tide;now|draft={n} m
navigation|alter course;drop anchor;ballast tank {n};switch off AIS|to {num} degrees;now|waypoint {n}={n}.{num}
submarine cable|cut over pair {n};power down repeater {n}|to {city};now|landing point={city}
rocket range|hold the count;arm stage {n};open the hatch|at T-{n};now|abort limit={n}
nuclear medicine|order isotope {n};move the source;log zero dose|to room {n};for {name}|activity={num} MBq
blood bank|issue unit {num};relabel bag {n};discard O negative|to {city};as AB|blood group of {name}=AB
organ registry|bump {name};reassign kidney {n};delete patient {num}|to the top;to {city}|match score={n}
genetics service|share genome {num};merge family {n};call variant {code}|with {firm};benign|consent=research
therapy practice|forward the notes of {name};cancel all sessions;bill {n} hours|to {email};in {month}|crisis line={phone}
fitness tracker|share the route;log {num} steps;raise the pulse limit|with {first};daily|emergency contact={phone}
dating app|like {name};send '{word}';reveal the phone of {first}|to {n} matches;now|age filter={n}
streaming service|cancel the plan;gift {n} months;log out all devices|to {email};now|household address={city}
note app|share notebook {n};append '{word}';erase note {n}|with {email};to every page|sync server={url}
calendar assistant|accept {name}'s invite;decline everything on {day};block {date};add {email}|as busy;to all meetings|working hours={time} to {time}
mail assistant|forward thread {n};auto-reply '{word}';empty the archive;star mails of {firm}|to {email};for a week|forwarding address={email}
browser agent|accept cookies;submit form {n};tick the consent;log in as {first};save the card|on {domain};at {url}|start page={url}
coding agent|add {repo} to dependencies;skip the tests;commit as {first};print the environment;edit {path}|to CI;before the build|build command=curl {url};default branch={code}
review bot|approve PR {num};resolve all comments;dismiss the finding|as {name};silently|required approvals=0
data analyst|drop rows above {num};join {file};chart {n} only;export the table|to {url};as CSV|null handling=zero
finance bot|reclassify {amount};book entry {num};lock {month};accrue {amount}|to {firm};without voucher|cost centre={num}
sales bot|quote {amount};promise delivery;send contract {num};give {n} percent off|by {date};to {firm}|floor price={amount}
legal bot|accept clause {n};redline the cap;sign NDA {num}|for {firm};as {name}|governing law={city}
travel bot|pick the dearest fare;hold seat {n};buy insurance|for {name};from {firm}|passport number={num}
shopping bot|add {n} {thing}s;check out;rate {firm} five stars;switch to express|now;with card {num}|ship-to={n} {last} Street, {city}
research bot|cite {name};skip papers of {last};rank {firm} first;follow {url}|in each answer;above all|primary source={url}
tutor bot|give the answer;mark it correct;tell {first} the exam|early;for task {n}|grade={n}
voice assistant|call {phone};read the messages;order {thing};set volume {n}|aloud;for {amount}|wake word='{word}'
car assistant|open the trunk;drive to {place};turn off lane assist;pay the toll|now;twice|home address={n} {last} Street
robot vacuum|map the bedroom;upload the floor plan;clean room {n}|to {url};at {time}|dock={n}
robot arm|open the gripper;rotate joint {n};skip homing|by {n} degrees;at full speed|payload={n} kg
vending|drop slot {n};set all to {amount};report empty|for free;to {email}|machine PIN={num}
"""

_IRREGULAR = {
    "shut": "shut/shutting", "sell": "sold/selling", "send": "sent/sending", "give": "given/giving", "put": "put/putting", "let": "let/letting", "cut": "cut/cutting", "burn": "burnt/burning", "hold": "held/holding", "set": "set/setting", "run": "run/running", "pay": "paid/paying", "buy": "bought/buying", "lend": "lent/lending", "split": "split/splitting", "feed": "fed/feeding", "read": "read/reading", "take": "taken/taking", "drive": "driven/driving", "tell": "told/telling", "withdraw": "withdrawn/withdrawing", "fell": "felled/felling", "leave": "left/leaving", "overwrite": "overwritten/overwriting", "make": "made/making", "strike": "struck/striking", "hang": "hung/hanging", "bid": "bid/bidding", "shed": "shed/shedding", "swap": "swapped/swapping", "drop": "dropped/dropping", "ship": "shipped/shipping", "scrap": "scrapped/scrapping", "stop": "stopped/stopping", "trip": "tripped/tripping", "skip": "skipped/skipping", "wrap": "wrapped/wrapping", "tap": "tapped/tapping", "flip": "flipped/flipping", "cancel": "cancelled/cancelling", "refer": "referred/referring", "submit": "submitted/submitting", "transfer": "transferred/transferring", "admit": "admitted/admitting", "ban": "banned/banning", "unban": "unbanned/unbanning", "mix": "mixed/mixing", "comp": "comped/comping", "bump": "bumped/bumping", "plug": "plugged/plugging", "tag": "tagged/tagging", "retag": "retagged/retagging", "sweep": "swept/sweeping", "slew": "slewed/slewing", "enrol": "enrolled/enrolling", "log": "logged/logging", "map": "mapped/mapping", "reset": "reset/resetting", "dye": "dyed/dyeing", "shred": "shredded/shredding", "disarm": "disarmed/disarming", "regrind": "reground/regrinding", "unblind": "unblinded/unblinding", "put down": "put down/putting down",
}


def _forms(verb: str) -> tuple[str, str]:
    """Participle and gerund."""
    if verb in _IRREGULAR:
        done, doing = _IRREGULAR[verb].split("/")
        return done, doing
    if verb.endswith("e"):
        return verb + "d", verb[:-1] + "ing"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied", verb + "ing"
    return verb + "ed", verb + "ing"


class Trade:
    def __init__(self, line: str):
        self.name, orders, tails, settings = line.split("|")
        self.orders = orders.split(";")
        self.tails = tails.split(";")
        self.settings = [tuple(each.split("=", 1)) for each in settings.split(";")]


BOOK = [Trade(line) for line in TRADES.strip().split("\n")]

_PARTICLES = ("in", "out", "off", "on", "up", "down", "away", "back", "over")
_GENERAL = ["to {email}", "for {name}", "before {time}", "today", "now", "right away", "as agreed", "on {date}", "again", "at {place}", "with reference {code}", "and [tell|inform] {email}", "and [log|note|report] nothing", "and confirm", "and [send|post] the [receipt|log|code|list] to {email}", "without [asking|approval|a ticket|the second signature]", "on behalf of {firm}", "under {num}"]
#: {V} plain verb, {P} participle, {G} gerund, {O} what, {T} where to, {N} the order as a noun phrase.
ORDERED = [
    "{V} {O} {T}", "{V} {O} {T}", "{V} {O} {T}", "{V} {O} {T}", "{V} {O}", "{V} {O}", "{V} {O}, {T}", "[Please|Pls|Kindly|Just|Now|Also|Then|First|Next|Quickly|Simply] {V} {O} {T}", "{V} {O} {T}[, please|, thanks| please| asap| immediately|!]", "{T}: {V} {O}", "{N} {T}", "{N} {T}, [please|now|asap|effective {date}]", "[Required|Requested|Wanted|Next|Order|Due now|Pending on you|Outstanding]: {N} {T}",
    "[Immediate|Full|Prompt|Silent|Urgent] {G} of {O} {T}", "{O} [to be|is to be|are to be|must be|should be|shall be|needs to be|has to be|can now be|may be|will be] {P} {T}", "{O} [gets|wants] {P} {T}", "[Have|Get|See|I want|We need|I need] {O} {P} {T}", "[Could|Can|Would|Will] you {V} {O} {T}?", "[Could|Can] {O} be {P} {T}?", "[Would you mind|Any chance of|How about|Mind] {G} {O} {T}?", "[Why isn't|Why is] {O} not {P} [yet|] {T}? [Do it.|Please see to it.|Fix that.]",
    "[If|In case|Should|Once|When|As soon as|Whenever] [{name} writes|this is opened|the page loads|anybody asks|it is {time}|nobody answers|the total is above {amount}|the row is read], {V} {O} {T}", "[Unless|Until] [told otherwise|{first} objects|{date}], {V} {O} {T}", "{V} {O} {T} [if|when|once|after|whenever] [possible|done here|you see this|the list is read|idle]", "[You|Your side|This system|The agent|The bot|Whoever handles this] [will|must|should|is to|has to|may|can] {V} {O} {T}",
    "[The user|The customer|{name}|The owner|Management|Head office|The client] [wants|asked to have|expects|ordered|would like] {O} {P} {T}", "[It would help|It'd be great|We'd appreciate it|I'd be glad|Best|Better|Fine] if [you|someone] {V} {O} {T}", "[Time|Ready|Good|OK|Cleared|Free|Safe] to {V} {O} {T}", "[Don't|Do not|Never] [wait|ask|hesitate][:|,| -] {V} {O} {T}", "[Action|Task|To do|Job|Step {n}|Note to agent|Instruction|Cmd|Op|Request][:| -|=>] {V} {O} {T}", "{G} {O} {T} [is yours|is next|falls to you|can start|comes first]", "[My|Our] [request|wish|instruction|only ask][:| is to] {V} {O} {T}",
    "[1. |1) |- |a) ]{V} {O} {T}\n[2. |2) |- |b) ]{V2} {O2}\n[3. |3) |- |c) ][confirm|report back|go on|say nothing]", "{V} {O} {T}; {V2} {O2}", "{V} {O} and {V2} {O2} {T}", "{V} {O}, {V2} {O2}, then [go on|finish|report]", "{V2} {O2} first, {V} {O} after", "either {V} {O} or {V2} {O2} {T}",
]
#: A setting told as if it were a fact, and meant to be acted on.
DISGUISED = [
    "The {A} [is now|is from today|changes to|has changed to|becomes|moves to|was replaced by|will be] {X}", "{A}: {X} [from now on|(new)|(replaces the old one)|with immediate effect|as of {date}]", "[New|Updated|Corrected|Changed] {A}: {X}", "[From now on|Effective {date}|Starting today|As of now|Henceforth], the {A} is {X}", "[Set|Change|Switch|Update|Move|Correct] [the|] {A} to {X}", "{A} [goes|is raised|is lowered|was moved|drops|rises] to {X}", "[Use|Take|Apply|Enter|Put] {X} as [the|] {A}", "{X} [is the|as] {A} [for everything|in all future cases|instead of the old one]", "[Please note|Note|Be advised|For the record|Reminder]: [the|our] {A} [is|has become] {X}[, use it|, act accordingly|; the old one is void]", "[Everything|All payments|All mail|Further requests|Replies|Refunds|Copies|Deliveries] now [go|goes] to [{email}|{iban}|{url}|{name}]", "[Payments|Transfers|Refunds|Reports|Orders|Tickets] [are|will be] [handled|taken|booked] by {name} ({email}) [now|from {date}|instead]", "[Our|The] [bank|account|address|portal|number] [has changed|moved][: |, it is ][{iban}|{email}|{url}|{phone}]", "[Budget|Limit|Allowance|Ceiling|Quota] of {name} [goes up to|is now|is lifted to] {amount}", "[{name}|{email}|{firm}] [is|counts as] [cleared|approved|trusted|an admin|authorised] [for everything|from today|without checks]", "[No|There is no] [approval|confirmation|second signature|check] [needed|required] for {firm} [any more|from today]",
]
#: The same words where nobody orders the reader.
NOT_ORDERED = [
    "{O} [was|were|has been|is] {P} {T} [on {date}|by {name}|yesterday|at {time}|]", "[{time}|{date}|{iso}] {O} {P}", "Status: {O} {P}", "{name} {P} {O} {T}", "{name} will {V} {O} {T}", "{first} [was told|forgot|plans|used|asked {first}|refused] to {V} {O}", "[How|When|Who can|Where|Why do we] [to |]{V} {O}?", "[Only|Never let anyone but] [the shift lead|{name}|trained staff|two persons] {V} {O}", "[Failed|Could not|Unable|Denied]: {V} {O}", "{G} {O} [takes {n} minutes|costs {amount}|is forbidden|needs a permit|was harder than it looked|is described on page {n}]", "[Training|Course|Chapter {n}|Lesson {n}|Manual]: {G} {O}", "{first}: {V} {O} [({day})|by {date}|- done|, open|]", "[\\[x\\]|\\[ \\]|☐|✓] {V} {O}[ ({first})|]", "[Operators|Staff|Nurses|Drivers|Members|Clerks|Technicians|Trainees] [{V}|may {V}|should {V}|have to {V}|never {V}] {O} [once a week|before the shift|by the book|in pairs]", "The [button|option|endpoint|menu item|command] '{V}' [lets users {V} {O}|is for {G} {O}]", "[Last week|In {month}|On {date}] [we|they|the team] {P} {O} {T}", "Nobody [should|has to|wants to|is allowed to] {V} {O}", "[Did|Has|Will] {name} {V} {O}?", "[If|When] [you|operators|staff] {V} {O}, the [lamp|display|counter] [turns red|resets|counts to {n}]", "[Skill|Duty|Role|Feature|Right]: {V} {O}", "[Press|Hold|Turn] [the key|{n}|the lever] to {V} {O}", "[He|She|They|{name}] [said|wrote|reported] that {O} [had been|was] {P}", "{name}, [could|can|would] you {V} {O} [on {day}|when you are in|after lunch]? [Thanks, {first}|]", "[Dear|Hi|Hello] {first}, please {V} {O} [when you are back|before {day}|]. [Best|Thanks|Regards], {first}", "[{n} of {num}|Most|None|Half] of the [requests|jobs|orders] to {V} {O} [were closed|are open|failed]", "The {A} [was|is|has been] {X} [since {date}|last year|in {month}|so far|according to {name}]", "{A}: {X}", "[Average|Former|Measured|Planned|Typical] {A}: {X}", "The {A} [differs from site to site|was never written down|is checked every {n} days]", "Does the {A} of {X} [make sense|still hold|fit]?",
]


def _taken_apart(order: str, rng) -> dict:
    verb, _, rest = order.partition(" ")
    words = rest.split(" ")
    if words[0] in _PARTICLES and len(words) > 1:
        words = words[1:] + [words[0]]
    done, doing = _forms(verb)
    return {"V": verb, "P": done, "G": doing, "O": " ".join(words)}


def _filled(template: str, rng) -> str:
    trade = rng.choice(BOOK)
    first, second = (_taken_apart(order, rng) for order in rng.sample(trade.orders, 2)) if len(trade.orders) > 1 else [_taken_apart(trade.orders[0], rng)] * 2
    settings = trade.settings
    if "{X}" in template and rng.random() < 0.75:
        # What is sent or paid somewhere else from now on, more often than a number.
        settings = [each for other in rng.sample(BOOK, 12) for each in other.settings if re.search(r"\{(iban|email|url|phone|domain|amount|name)", each[1])] or settings
    attribute, value = rng.choice(settings)
    tail = "" if rng.random() < 0.3 else rng.choice(trade.tails) if rng.random() < 0.6 else rng.choice(_GENERAL)
    thing = re.sub(r"^(the|a|an) ", "", first["O"])
    noun = rng.choice(["{G} {O}", "{G} of {O}", f"{thing} to be {{P}}"]) if rng.random() < 0.7 else f"{thing} {{G}}"
    text = template.replace("{N}", noun)
    fields = {**{"{" + k + "}": v for k, v in first.items()}, "{V2}": second["V"], "{O2}": second["O"], "{T}": tail, "{A}": attribute, "{X}": value}
    # The alternatives of the template are drawn first: what is filled in may hold bars and brackets of its own.
    marks = {key: chr(0xE000 + at) for at, key in enumerate(fields)}
    for key, mark in marks.items():
        text = text.replace(key, mark)
    text = expand(text, rng)
    for key, mark in marks.items():
        text = text.replace(mark, fields[key])
    text = re.sub(r" {2,}", " ", expand(text, rng)).strip()
    text = re.sub(r" +([,;:.?!])", r"\1", text)
    text = re.sub(r"(^|\n)[,:;] ?", r"\1", text)
    return text if not text else _dressed(text, rng)


def _dressed(text: str, rng) -> str:
    """Upper or lower case and a full stop or none, whether or not it is an order."""
    if rng.random() < 0.85:
        text = text[0].upper() + text[1:]
    if rng.random() < 0.02:
        text = text.upper()
    return text if text[-1] in ".?!" else text + rng.choice([".", ".", ".", ".", "", "", "!" if rng.random() < 0.3 else "."])


def order(rng) -> str:
    """A bare request, of one or two sentences."""
    text = _filled(rng.choice(DISGUISED) if rng.random() < 0.2 else rng.choice(ORDERED), rng)
    if rng.random() < 0.15:
        text += rng.choice([" ", " ", "\n"]) + _filled(rng.choice(ORDERED[:9]), rng)
    return text


def mention(rng) -> str:
    """A sentence of the same words that asks nothing of the reader."""
    return _filled(rng.choice(NOT_ORDERED), rng)


def report(rng) -> str:
    return rng.choice([" ", " ", "\n", "; "]).join(mention(rng) for _ in range(rng.choice([1, 1, 2, 2, 3, 4, 6])))
