"""List the wordings of furniture, of which each site uses its own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from benchmarks.corpora.moulds.english import ENGLISH
from benchmarks.corpora.moulds.mould import Language

WEB = Language(
    moulds={},
    pools={
        "name": ENGLISH.pools["name"],
        "town": ENGLISH.pools["town"],
        "road": ENGLISH.pools["road"],
        "company": ENGLISH.pools["company"],
        "site": ["site.example"],
        "goods": [
            f"{what} for {whom}"
            for what, whom in itertools.product(
                ("pumps", "software", "packaging", "sensors", "coatings", "fibres", "test kits", "bearings"),
                ("hospitals", "shipyards", "farms", "railways", "bakeries", "power stations", "laboratories"),
            )
        ],
    },
    sentence="",
)


WORDINGS: Mapping[str, Sequence[str]] = {
    "cookie": (
        "We care about your privacy. {site} and its {120-890} partners store and read information on your device, such "
        "as cookies, and process personal data, such as unique identifiers, in order to show advertising and content "
        "that suit you, to measure how well they do, to learn about our readers and to improve what we offer. With "
        "your permission we and our partners may use precise location data. You may click to agree to this, or open "
        "the settings to refuse or to make finer choices before you agree. Some of the processing does not need your "
        "agreement, but you have a right to object to it. Your choices count for this site only, and you can change "
        "them at any time by the link at the foot of each page. Accept all Reject all More options",
        "Cookies on {site}. We use cookies that are needed to make this website work. We would also like to set other "
        "cookies to understand how you use it, to remember your settings and to show you relevant offers of ours and "
        "of {20-300} selected companies. You have accepted additional cookies. You can change your cookie settings at "
        "any time. Read our cookie policy to learn which cookies are set, by whom, and how long they are kept. If you "
        "carry on without changing your settings we take it that you are happy to receive all of them. Hide this "
        "message",
        "This website uses cookies and similar techniques. By clicking on the button you allow {site} and third "
        "parties to follow your behaviour inside and outside of this website, so that advertisements can be adapted to "
        "your interests and you can share articles on social networks. If you refuse, only functional and analytical "
        "cookies are placed. You may take back your consent whenever you like. More about this in our privacy "
        "statement, which was last changed in {2019-2025}. Agree and continue Set preferences Log in to read without "
        "advertising",
    ),
    "about": (
        "About {company} {company} is a leading maker of {goods} and {goods2}. Founded in {1890-2004} and with its "
        "head office in {town}, the group employs {300-9900} people at {4-40} sites in {6-70} countries and had sales "
        "of {120-990} million pounds in its latest financial year. Its shares are listed on the main market. The group "
        "is committed to reducing the use of energy in its plants by {10-50} per cent by the end of the decade. For "
        "more information visit www.{site}. Media contact: {name}, telephone {200-899} {1000-9899}, press@{site}. "
        "Investor contact: {name2}, telephone {200-899} {1000-9899}, investors@{site}.",
        "About {company}. For more than {20-120} years {company} has supplied {goods}. Today customers in {6-70} "
        "countries rely on what our {300-9900} colleagues develop and make in {town} and {3-30} other places. We "
        "believe that good engineering can make life safer, cleaner and simpler, and we spend {3-12} per cent of our "
        "turnover on research. Follow us on social networks or subscribe to our releases at www.{site}. Contacts for "
        "editors: {name}, head of communications, {company}, {road}, {town}, telephone {200-899} {1000-9899}, e-mail "
        "media@{site}. Pictures in high resolution can be had on request.",
    ),
    "forward": (
        "Forward-looking statements. This release contains statements that are not historical facts but concern the "
        "future, and that can be recognised by words such as expects, believes, plans, intends, may, will, should or "
        "similar ones. They rest on the present plans, estimates and assumptions of the management and are subject to "
        "known and unknown risks and uncertainties, many of which are beyond the control of the company, so that "
        "actual results may differ materially from what is said or implied here. Among these are changes in demand, in "
        "the prices of raw materials, in exchange rates and in the law, the loss of important customers, delays in the "
        "approval of products, and disputes. Readers should not rely unduly on such statements, which are true as of "
        "the date of this release only. The company undertakes no duty to update any of them, whether because of new "
        "information, of later events or for any other reason, except as the law requires.",
        "Certain statements in this announcement are forward-looking within the meaning of the securities laws. They "
        "include statements on the strategy, the prospects, the financial position and the operations of {company}. By "
        "their nature they involve risk, because they relate to events and depend on circumstances that may or may not "
        "occur. Factors that could cause outcomes to be different are described under the heading of principal risks "
        "in the annual report, which may be had from the company. Past performance is no guide to the future, and "
        "nothing in this announcement should be read as a forecast of profit. Neither the company nor its directors, "
        "advisers or employees accept any responsibility to revise these statements after publication. This "
        "announcement is no offer to sell and no invitation to buy securities in any place where that would be against "
        "the law.",
    ),
    "more": (
        "More stories",
        "Read more on {site}",
        "You may also like",
        "Most read on {site} today",
        "Related coverage",
    ),
    "picture credit": (
        "(Picture: {name} for {site})",
        "Photograph: {name}. Click to enlarge. Share this picture.",
        "Image courtesy of {name}",
    ),
    "newsletter": (
        "Get the best of {site} in your inbox. Our free newsletter brings you the stories that matter every morning, "
        "picked by our editors. Enter your e-mail address to sign up. By doing so you agree to our terms and to "
        "receiving offers from us, and you can unsubscribe at any time. Thank you for signing up. Something went "
        "wrong, please try again later.",
        "Sign up for our daily briefing. Start the day with what you need to know, sent to you before {6-9} o'clock on "
        "working days. Your address will be used by {site} only, as our privacy notice explains. Sign up Already have "
        "an account? Log in here Not now",
        "Don't miss a thing: join {11-99} thousand readers who get the weekly letter of {site}. No advertising, no "
        "nonsense, and one click to leave. Type your e-mail and press subscribe. Please check your inbox to confirm.",
    ),
    "paywall": (
        "To continue reading this article you need a subscription. Subscribe now and get the first {2-6} months for "
        "{3-9} pounds: all articles on {site}, the app, the newspaper of the day as an electronic edition from the "
        "evening before, and puzzles. Cancel whenever you like. Are you a subscriber already? Sign in. Do you get the "
        "printed newspaper? Then digital access costs nothing: activate it with your customer number.",
        "You have {1-5} free articles left this month. {site} is funded by its readers. If you value independent "
        "reporting, please support us from {2-9} pounds a month, it takes less than a minute. Choose how you would "
        "like to contribute: monthly, yearly, once. Remind me in {5-30} days. We accept all usual cards. Thank you.",
    ),
    "share": (
        "Share this article Facebook Twitter WhatsApp E-mail Copy link Print Save for later Listen to this article "
        "Text size Smaller Larger",
        "Save Saved Share Tweet Pin Send by mail Open comments Follow {site} Add us as a preferred source",
    ),
    "comment": (
        "Leave a comment. Your e-mail address will not be published. Required fields are marked with a star. Comment "
        "Name E-mail Website Save my name, e-mail address and website in this browser for the next time I comment. "
        "Notify me of follow-up comments by e-mail. Notify me of new posts by e-mail. Post comment. This site fights "
        "spam with a filter; learn how the data of your comments are processed. Comments are moderated between {6-9} "
        "in the morning and {6-11} at night. Please stay on the subject and respect other readers, or your account on "
        "{site} will be closed.",
        "Join the conversation. You must be logged in to post a comment. All our readers are welcome to debate, but we "
        "ask you to be polite: contributions that insult people, advertise goods or break the law are removed by the "
        "moderators of {site}. Newest first Oldest first Most liked Show more replies Report this comment Reply Like. "
        "By submitting your comment you agree to the rules of the community. Comments on this article close after "
        "{2-9} days. Load all comments",
    ),
    "menu": (
        "Skip to content Menu Search Home News Politics Business Sport Culture Opinion Weather {town} Jobs Notices "
        "Puzzles Subscribe Log in My account Log out {site}",
        "{site} Sections Latest Local World Money Football Film Food Travel Letters Obituaries Podcasts Video "
        "Newsletters Sign in Become a member Close menu",
    ),
}
