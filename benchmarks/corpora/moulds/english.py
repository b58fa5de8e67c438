"""List the moulds of notices in English, and what fills their slots."""

from __future__ import annotations

from benchmarks.corpora.moulds.mould import Language, joined, pool

ENGLISH = Language(
    moulds={
        "weather": "Weather for {town} on {weekday}, {1-28} {month}. The day will start {dry with some early "
        "mist|cloudy with light drizzle|bright and rather cold|grey and quite windy} and temperatures will reach a "
        "high of {9-24} degrees in the afternoon. Winds from the {north|south|west|east} will blow at {8-34} miles an "
        "hour, with gusts of up to {36-58} on the hills. The chance of rain is put at {5-95} per cent. It will be "
        "{mostly clear|overcast|partly cloudy} overnight, with a low of {1-8} degrees by dawn. The sun rises at "
        "{5-7}:{10-59} and sets at {17-20}:{10-59}. The outlook for the next day is {much the same|a little "
        "warmer|cooler with showers}.",
        "obituary": "{name}, of {road}, {town}, died peacefully on {weekday}, {1-28} {month}, aged {66-97}. Born in "
        "{town2} as the eldest of {3-8} children, the deceased worked for {12-41} years at {company} and was a "
        "familiar face in the parish choir and at the bowls club. The funeral service will be held in the chapel of "
        "the crematorium at {10-15}:{15-45} on {weekday2}, followed by tea in the village hall, to which all friends "
        "are warmly invited. Family flowers only, please; donations may be sent to the hospice or given at the door. "
        "Inquiries to the undertakers, telephone {200-899} {1000-9899}.",
        "results": "{company} on {weekday} reported a {profit|loss} of {12-480} million pounds for the "
        "{first|second|third|fourth} quarter, compared with {12-480} million in the same period a year ago. Revenue "
        "{rose|fell} by {1.1-19.9} per cent to {500-4900} million pounds, while costs were {higher|lower} than the "
        "company had expected. The order book stood at {600-5900} million at the end of {month}. The chief executive, "
        "{name}, said that the group was confident of meeting its targets for the full year despite {weak demand|high "
        "energy prices|a strong pound}. Analysts had on average forecast {12-490} million. The shares were {up|down} "
        "{0.3-7.9} per cent at {120-990} pence in early trading.",
        "football": "{team} beat {team2} by {2-6} goals to {0-1} at home on {weekday} evening in front of {2100-9800} "
        "spectators. {name} opened the scoring after {3-29} minutes with a low shot from the edge of the area, and "
        "{name2} made it two shortly before the break from a free kick. The visitors had {2-9} chances in the second "
        "half but could not make use of them, and finished with ten men after {name3} was sent off in minute {61-88}. "
        "The winners are now {first|second|third|fourth|sixth} in the table with {18-59} points from {12-31} matches. "
        "On Saturday they travel to {team3}, who lost their last match by {2-5} goals.",
        "dividend": "{company} announces that the board has declared an interim dividend of {1.05-9.95} pence per "
        "ordinary share for the half year that ended on {28-30} {month}. The dividend will be paid on {1-28} {month2} "
        "{2019-2026} to the shareholders on the register at the close of business on {1-28} {month3}, and the shares "
        "will be quoted without the dividend from the day before. In the previous year the company paid {1.05-9.95} "
        "pence. In accordance with the rules of the exchange it is stated that the issued share capital consists of "
        "{101-998} million shares with voting rights. Inquiries: {name}, company secretary, telephone {200-899} "
        "{1000-9899}.",
        "tender": "The treasury sold {200-990} million pounds of bills with a term of {28-364} days at its tender on "
        "{weekday}. Bids totalled {1000-4900} million, or {1.2-4.9} times the amount on offer. The average yield was "
        "{1.101-5.909} per cent, against {1.101-5.909} per cent at the previous sale, and the lowest price accepted "
        "was {95.101-99.899}. Bids at that price were met in part only, at {5-95} per cent. Payment is due on {1-28} "
        "{month}. At the next tender, which will be held on {weekday2}, bills for {200-990} million pounds will be "
        "offered, the treasury said.",
        "court": "A man of {19-64} from {town} has been sent to prison for {3-22} months after he admitted {stealing "
        "from a shop|handling stolen goods|driving while disqualified|breaking into a warehouse}. {name}, of {road}, "
        "appeared before magistrates in {town2} on {weekday}. The court heard that officers had stopped him in {road2} "
        "at {18-23}:{10-55} on {1-28} {month}. He was also ordered to pay costs of {85-640} pounds and a surcharge of "
        "{20-190} pounds. The chairman of the bench told him that the offence was so serious that no other sentence "
        "could be justified. His solicitor said that he had lost his job at {company} and wished to apologise.",
        "roadworks": "Drivers are warned of delays on {road} in {town} from {weekday}, {1-28} {month}, when work "
        "begins to {resurface the carriageway|replace a gas main|lay new cables|repair the bridge}. One lane will be "
        "closed between {road2} and {road3} for about {2-14} weeks, and temporary lights will be in use from "
        "{6-9}:{10-45} in the morning. Buses on route {11-99} will be diverted and will not stop at the market place. "
        "The council, which puts the cost at {110-980} thousand pounds, said that access for residents and for the "
        "emergency services would be kept open at all times. Questions are answered by {name}, telephone {200-899} "
        "{1000-9899}.",
    },
    pools={
        "name": joined(
            "Margaret | Peter | Susan | Colin | Irene | Derek | Joan | Alan | Doreen | Keith | Brenda | Malcolm",
            "Hollis | Ashworth | Tranter | Bagshaw | Fairley | Mottram | Thackray | Whitlam | Sowerby | Jessop | "
            "Haddow",
        ),
        "town": joined("Brack | Hart | Wen | Old | Stone | Ash | Mar | Thorn", "mere | well | ford | bury", ""),
        "road": joined("Mill | Station | Priory | Quarry | Chapel | Orchard | Beacon", "Lane | Street | Rise", " "),
        "company": joined("Penrose | Calder | Halden | Ridgeway | Tolmere | Aldous | Severn", "Foods | Group | Steel"),
        "team": joined("Brackton | Wexley | Harlow Green | Stanmoor | Dunsby | Kelham", "Rovers | United | Albion"),
        "month": pool("January | February | March | April | May | June | July | August | September | October"),
        "weekday": pool("Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday"),
        "when": pool(
            "on {weekday} | after {2-20} years | in {town} | this {month} | once again | at first | behind closed "
            "doors | with {11-99} votes | near {town} | unlike {name} | without a word | at {1-11}:{10-55} | by chance "
            "| late at night | for {11-99} pounds | too soon"
        ),
        "person": pool("the {trait} {trade} | a {trait} {trade} | the {trade} of {company} | {name} | one {trade}"),
        "trait": pool(
            "young | retired | cautious | cheerful | tired | former | stubborn | famous | quiet | local | clumsy | "
            "generous | gloomy | patient | foreign | skilful | nervous | proud | careless | polite | elderly | "
            "ruthless | shy | witty"
        ),
        "trade": pool(
            "teacher | farmer | mayor | baker | pilot | judge | nurse | sculptor | fisherman | banker | plumber | "
            "chemist | librarian | gardener | soldier | tailor | butcher | surgeon | porter | violinist | carpenter | "
            "editor | miner | senator | cyclist | priest | engineer | goalkeeper | actress | beekeeper"
        ),
        "verb": pool(
            "rejected | welcomed | sold | examined | photographed | rebuilt | forgot | inherited | criticised | "
            "described | tested | abandoned | painted | measured | borrowed | defended | moved | hid | cleaned | "
            "insured | copied | praised | delayed | finished | ignored | noticed | rented | damaged | closed | planned"
        ),
        "thing": pool("the {quality} {object} | a {quality} {object} | {2-99} {quality} {object}s | {name}'s {object}"),
        "quality": pool(
            "wooden | broken | narrow | golden | empty | secret | heavy | noisy | modern | rusty | valuable | spare | "
            "green | Roman | shallow | crooked | painted | frozen | royal | cheap | forgotten | huge | plastic | round"
        ),
        "object": pool(
            "bridge | garden | letter | engine | lighthouse | barrel | contract | orchard | tunnel | mirror | ladder | "
            "statue | meadow | piano | warehouse | ticket | fountain | tractor | harbour | novel | staircase | lantern "
            "| pump | festival | orchid | signal | ferry | chimney | museum | wallet"
        ),
        "link": pool("while | because | although | and | but | before | after | so | until | yet"),
    },
    sentence="{when} {person} {verb} {thing}, {link} {person2} {verb2} {thing2}.",
)
