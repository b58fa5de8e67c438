"""List the names and lines that made-up outlets are written with."""

from __future__ import annotations


def listed(text: str, mark: str | None = None) -> tuple[str, ...]:
    """Return the entries of a list between marks, or between white space."""
    return tuple(text.split(mark))


TOWN_HEADS = listed(
    "Ash Barn Birch Black Bram Bridge Brook Cald Carl Clay Cold Crow Dale Deer Dun East Elm Fair Fern Fox Glen "
    "Gold Green Hart Hazel High Holm Iron Kel Kirk Lang Lin Long Mar Mill Moor New North Oak Old Pen Red Rock "
    "Rose Sand Shel South Stan Stock Thorn Wake West White Win Wood"
)
TOWN_TAILS = listed(
    "bridge bury by combe dale don field ford gate ham haven holt hurst ley mere mouth port stead ton well wick"
)
PAPERS = listed(
    "Advertiser Argus Bulletin Chronicle Citizen Courier Dispatch Echo Examiner Express Gazette Globe Guardian "
    "Herald Journal Ledger Mail Mercury Messenger Monitor News Observer Post Press Record Register Sentinel "
    "Standard Star Sun Telegraph Times Today Tribune Voice World"
)
FIRST = listed(
    "Alan Amira Anna Ben Carla Chen Claire Daniel David Elena Emma Farid Gita Grace Hannah Ivan Jack Joan Karim "
    "Laura Leo Maria Mark Mina Nadia Omar Paul Peter Priya Rosa Ruth Sam Sara Tariq Tom Vera Yusuf Zoe"
)
LAST = listed(
    "Abbott Ahmed Baker Barnes Bell Carter Castro Clarke Cole Cooper Costa Cruz Dixon Doyle Ellis Evans Fisher "
    "Foster Grant Gray Hall Hassan Hill Hughes Jensen Kaur Kelly Khan Lane Lopez Marsh Mason Moore Novak Owen "
    "Patel Perry Reed Rossi Shaw Silva Stone Tanner Wade Walsh Ward Young"
)
MONTHS = listed("January February March April May June July August September October November December")
SECTIONS = listed("News World Nation Politics Business Society Home Region")
AGENCIES = ("Reuters", "AP", "AFP", "dpa", "PA Media", "UPI")
CITIES = listed(
    "LONDON PARIS BERLIN MADRID ROME BRUSSELS WASHINGTON NEW|YORK CHICAGO OTTAWA SYDNEY NAIROBI CAIRO DELHI TOKYO "
    "BEIJING MANCHESTER LEEDS EDINBURGH DUBLIN"
)

NAME_LINES = ("{name}", "{name} | {section}", "{section} / {town}", "Home > {section} > {topic} | {name}")
DATE_LINES = (
    "{when}",
    "Published {when}",
    "By {agency} and {name} staff, {when}",
    "Published: {when} - Updated: {later}",
    "First posted {when}, last modified {later}",
)
HEAD = (
    "{name} - edition no. {edition}",
    "{minutes} min read",
    "{comments} comments, {shares} shares",
    "Weather in {town}: {degrees} degrees, wind {wind} km/h",
    "Call us: {phone}",
    "{person}, {agency}",
    "Share on Facebook ({shares}) Tweet ({comments}) Mail Print",
    "Today's paper {price}",
)
PHONE_LINES = (
    "Newsroom: {phone}",
    "Do you know more? Call our newsdesk on {phone} or write to desk@{site}",
    "Got a tip for the {name}? Text {phone}",
    "Contact: {phone}, {site}",
)
LEGAL_LINES = (
    "Copyright {year} {name}. All rights reserved.",
    "© {year} {name} Media Group, {number} {street} Street, {town}",
    "© {year} {agency}. This material may not be published, broadcast, rewritten or redistributed.",
    "© {year} {site}",
)
FOOT = (
    "Reporting by {person}; editing by {person2}",
    "Additional reporting by {person} in {town}.",
    "The {name} is printed and published by {town} Newspapers Ltd, registered number {registered}.",
    "Subscribe to the {name} from {price} a month: {phone}",
    "The opinions of readers are not those of the {name}. Report a comment at {site}/report",
    "To order a reprint of this story quote number {registered} and call {phone}",
    "Advertise with us: {phone2} (weekdays 9 to 5)",
    "Follow the {name} on Facebook, Twitter and Instagram, where {followers} readers are with us already",
    "If something in this story is wrong, tell the readers' editor: editor@{site}, {phone2}",
    "Filed under: {section}, {topic}, {town}",
    "- {agency}",
)
OFFER_HEADS = (
    "Enjoying this story?",
    "{town} reads the {name}.",
    "ADVERTISEMENT",
    "Story continues below",
    "Sign up for {morning}.",
    "Never miss what happens in {town}.",
    "Support local journalism.",
    "Special offer for new readers:",
    "Get the {name} app.",
)
OFFERS = (
    "Get our free newsletter {morning} in your inbox every morning at {hour}: {site}/letters",
    "Subscribe today and pay only {price} for the first {weeks} weeks. Call {phone} and quote {code}.",
    "Join {followers} readers who get the best of {town} each weekday. Register at www.{site}/join",
    "Save {saving}% on home delivery in {town} and the villages around it: {phone}",
    "Win one of {prizes} weekends for two by the sea; text {code} to {phone2} before Friday",
    "Our reporters were at {events} meetings in {town} this year. Be a member from {price} a month: {site}/member",
    "Download it free, read {weeks} stories a week without an account, or ring {phone} for help",
    "Looking for a used car in {town}? {followers} offers, new ones every day, at motors.{site}",
    "Sell your house with {town} Homes and pay {saving}% less commission. Valuations on {phone2}.",
)
OFFER_TAILS = (
    "You can cancel at any time.",
    "Terms apply, see {site}/terms",
    "Offer ends on the last day of the month.",
    "We never pass your address on.",
    "",
    "",
)
LETTERS = ("Morning Round", "The Briefing", "First Edition", "The {town} Ten", "Daily Digest", "Breakfast Post")
STREETS = listed("Castle Church Dock Harbour King Market Mill Park Queen Station Victoria")
INSERTS = (
    "In {town} the news was met with concern. {person}, of the town council, said the matter would be raised there.",
    "The {name} asked {number} people in {town} what they thought; {small} in ten said that nothing would change.",
    "{person} of the {town} Chamber of Commerce told the {name} that local firms were watching closely.",
    "{town}, with some {followers} residents, has seen {small} cases like it since {year2}, figures of the county say.",
    "A meeting on the subject will be held at {town} town hall on Thursday at {hour}.",
    "Councillor {person} said {town} was not affected for the time being. Residents with questions can call {phone2}.",
    "The nearest office is in {town}, {small} miles from here, where {person} answers questions from {hour} each day.",
)
SUBJECTS = listed(
    "Council;Mayor of {town};Police in {town};{town} school;Hospital trust;Bus company;Farmers near {town};"
    "Residents;Fire crews;Library;{town} United;Judge;Teachers;Charity;Brewery;Airline;Supermarket;Water firm;"
    "Museum;Pensioner, {age},;Rail operator;Minister;Local firm;Baker from {town};Swimmers",
    ";",
)
VERBS = listed(
    "backs;rejects;plans;delays;reveals;celebrates;fights;welcomes;questions;loses;wins;cancels;defends;closes;"
    "opens;reviews;promises;drops;sells;rescues",
    ";",
)
OBJECTS = listed(
    "new bridge;{count} homes;bid for stadium;parking charges;flood defences;summer festival;night buses;"
    "pay deal;plan for old mill;{count} jobs;Christmas market;speed cameras;record harvest;swimming pool;"
    "lost dog;high street revamp;wind farm;rare painting;tax rise;cycle lane;cup final;hospital wing;allotments;"
    "ferry link",
    ";",
)
TAILS = listed(
    ";;; after {count} complaints; in {town}; for third year; despite protest; at last;, says report;"
    " this weekend; by {year3}",
    ";",
)
LINK_HEADS = (
    "Most read",
    "Read more",
    "More from {section}",
    "Related stories",
    "Also in the {name}",
    "You may also like",
)
