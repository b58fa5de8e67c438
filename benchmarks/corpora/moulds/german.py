"""List the moulds of notices in German, and what fills their slots."""

from __future__ import annotations

from benchmarks.corpora.moulds.mould import Language, joined, pool

GERMAN = Language(
    moulds={
        "weather": "Das Wetter in {town} am {weekday}, dem {1-28}. {month}: Der Tag beginnt {trocken mit etwas "
        "Frühnebel|bewölkt mit leichtem Nieselregen|sonnig, aber recht kalt|trüb und ziemlich windig}, am Nachmittag "
        "steigen die Temperaturen auf höchstens {9-28} Grad. Der Wind weht mit {8-34} Kilometern in der Stunde aus "
        "{Norden|Süden|Westen|Osten}, auf den Höhen sind Böen bis {36-78} möglich. Die Wahrscheinlichkeit für "
        "Niederschlag liegt bei {5-95} Prozent. In der Nacht bleibt es {meist klar|bedeckt|wechselnd bewölkt}, die "
        "Werte sinken bis zum Morgen auf {1-8} Grad. Die Sonne geht um {5-7}:{10-59} Uhr auf und um {17-20}:{10-59} "
        "Uhr unter. Am Tag darauf wird es {kaum anders|etwas wärmer|kühler mit Schauern}.",
        "obituary": "In stiller Trauer nehmen wir Abschied von {name} aus {town}, {road}. Nach einem langen und "
        "erfüllten Leben endete der gemeinsame Weg am {1-28}. {month} im Alter von {66-97} Jahren. Geboren in {town2} "
        "als ältestes von {3-8} Geschwistern, über {12-41} Jahre bei der Firma {company} beschäftigt, war der "
        "Verstorbene vielen aus dem Kirchenchor und dem Schützenverein bekannt. Die Trauerfeier findet am {weekday} um "
        "{10-15}:{15-45} Uhr in der Kapelle des Friedhofs statt, anschließend bittet die Familie zum Kaffee. Statt "
        "Blumen erbitten wir eine Spende an das Hospiz. Auskunft erteilt das Bestattungshaus, Telefon {20100-89900}.",
        "results": "Die {company} hat im {ersten|zweiten|dritten|vierten} Quartal einen {Gewinn|Verlust} von {12-480} "
        "Millionen Euro ausgewiesen, nach {12-480} Millionen im gleichen Zeitraum des Vorjahres. Der Umsatz "
        "{stieg|sank} um {1.1-19.9} Prozent auf {500-4900} Millionen Euro, wie das Unternehmen am {weekday} mitteilte. "
        "Der Auftragsbestand lag Ende {month} bei {600-5900} Millionen. Vorstandschef {name} zeigte sich "
        "zuversichtlich, die Ziele für das Gesamtjahr trotz {schwacher Nachfrage|hoher Energiepreise|des starken Euro} "
        "zu erreichen. Analysten hatten im Schnitt mit {12-490} Millionen gerechnet. Die Aktie lag im frühen Handel "
        "mit {0.3-7.9} Prozent im {Plus|Minus} bei {12.10-98.90} Euro.",
        "football": "{team} hat am {weekday} vor {2100-9800} Zuschauern mit {2-6}:{0-1} gegen {team2} gewonnen. {name} "
        "brachte die Gastgeber in der {3-29}. Minute mit einem Flachschuss von der Strafraumgrenze in Führung, {name2} "
        "erhöhte kurz vor der Pause mit einem Freistoß. Die Gäste kamen nach dem Seitenwechsel zu {2-9} Chancen, "
        "konnten aber keine davon nutzen und mussten die Partie zu zehnt beenden, nachdem {name3} in der {61-88}. "
        "Minute die Rote Karte gesehen hatte. Die Sieger stehen nun mit {18-59} Punkten aus {12-31} Spielen auf dem "
        "{zweiten|dritten|vierten|sechsten} Platz. Am nächsten Spieltag müssen sie bei {team3} antreten.",
        "dividend": "Vorstand und Aufsichtsrat der {company} schlagen der Hauptversammlung vor, für das abgelaufene "
        "Geschäftsjahr eine Dividende von {0.15-4.95} Euro je Stammaktie auszuschütten. Im Vorjahr waren {0.15-4.95} "
        "Euro gezahlt worden. Die Hauptversammlung findet am {1-28}. {month} {2019-2026} in {town} statt, ausgezahlt "
        "wird die Dividende ab dem {1-28}. {month2} über die depotführenden Banken. Bei derzeit {101-998} Millionen "
        "dividendenberechtigten Aktien beträgt die Summe {40-880} Millionen Euro. Diese Mitteilung erfolgt gemäß den "
        "Vorschriften der Börse. Ansprechpartner für Rückfragen ist {name}, Leitung Investor Relations, Telefon "
        "{20100-89900}.",
        "tender": "Die Finanzagentur hat am {weekday} unverzinsliche Schatzanweisungen mit einer Laufzeit von {3-12} "
        "Monaten und einem Volumen von {200-990} Millionen Euro zugeteilt. Die Gebote beliefen sich auf {1000-4900} "
        "Millionen Euro, das Angebot war damit {1.2-4.9} Mal überzeichnet. Die Durchschnittsrendite betrug "
        "{1.101-5.909} Prozent nach {1.101-5.909} Prozent bei der vorigen Auktion, der niedrigste akzeptierte Kurs lag "
        "bei {95.101-99.899} Prozent. Gebote zu diesem Kurs wurden mit {5-95} Prozent bedient. Die Wertstellung "
        "erfolgt am {1-28}. {month}. Bei der nächsten Auktion sollen weitere {200-990} Millionen Euro angeboten "
        "werden.",
        "court": "Das Amtsgericht {town} hat am {weekday} einen {19-64} Jahre alten Mann wegen "
        "{Diebstahls|Hehlerei|Fahrens ohne Führerschein|Einbruchs in ein Lager} zu einer Freiheitsstrafe von {3-22} "
        "Monaten verurteilt. Nach Überzeugung des Gerichts hatte ihn eine Streife am {1-28}. {month} gegen "
        "{18-23}:{10-55} Uhr in der Straße {road} gestellt. Der Angeklagte aus {town2} räumte die Tat ein und bat um "
        "ein mildes Urteil. Er muss außerdem die Kosten des Verfahrens und {85-640} Euro Schadenersatz an die Firma "
        "{company} zahlen. Verteidiger {name} kündigte an, Rechtsmittel zu prüfen. Das Aktenzeichen lautet {101-989} "
        "Ds {20-99}.",
        "roadworks": "Autofahrer müssen in {town} ab {weekday}, dem {1-28}. {month}, mit Behinderungen rechnen: In der "
        "Straße {road} {wird die Fahrbahn erneuert|wird eine Gasleitung ersetzt|werden Kabel verlegt|wird die Brücke "
        "saniert}. Zwischen {road2} und {road3} ist für etwa {2-14} Wochen nur eine Spur frei, der Verkehr wird "
        "täglich ab {6-9}:{10-45} Uhr durch eine Ampel geregelt. Die Busse der Linie {11-99} werden umgeleitet und "
        "halten nicht am Marktplatz. Die Kosten beziffert die Stadt auf {110-980} Tausend Euro. Zufahrten für Anwohner "
        "und Rettungsdienste bleiben jederzeit offen. Fragen beantwortet {name} vom Tiefbauamt unter der Nummer "
        "{20100-89900}.",
    },
    pools={
        "name": joined(
            "Jürgen | Karin | Wolfgang | Heike | Manfred | Renate | Dieter | Ursula | Holger | Gisela | Rainer | "
            "Ingrid",
            "Hollmann | Brinkmeyer | Tessner | Kaltwasser | Raabe | Möllering | Ohlsen | Dornbusch | Fährmann | "
            "Wiegand",
        ),
        "town": joined("Alt | Hohen | Roden | Wester | Lauter | Birken | Gross | Eichen", "bach | stedt | feld", ""),
        "road": joined("Am | Hinterm", "Mühlgraben | Kirchberg | Lindenhof | Steinbruch | Anger | Hafen | Rathaus"),
        "company": joined("Brendel | Hansa | Kolbe | Nordlicht | Rhenus | Tannwald | Ostara", "AG | Werke | Holding"),
        "team": joined("Eintracht | Viktoria | Fortuna", "Wallbeck | Dornau | Süderholz | Kranich | Mainfelden"),
        "month": pool("Januar | Februar | März | April | Mai | Juni | Juli | August | September | Oktober"),
        "weekday": pool("Montag | Dienstag | Mittwoch | Donnerstag | Freitag | Samstag | Sonntag"),
        "when": pool(
            "am {weekday} | nach {2-20} Jahren | in {town} | im {month} | wieder einmal | zunächst | hinter "
            "verschlossenen Türen | mit {11-99} Stimmen | bei {town} | wortlos | um {1-11}:{10-55} Uhr | zufällig | "
            "spät nachts | für {11-99} Euro | viel zu früh | wie erwartet"
        ),
        "person": pool(
            "der {trait} {trade} | ein {trade} | der {trade} der {company} | {name} | jeder {trait} {trade}"
        ),
        "trait": pool(
            "junge | pensionierte | vorsichtige | fröhliche | müde | frühere | sture | berühmte | stille | hiesige | "
            "ungeschickte | großzügige | düstere | geduldige | fremde | geschickte | nervöse | stolze | nachlässige | "
            "höfliche | betagte | strenge | scheue | witzige"
        ),
        "trade": pool(
            "Lehrer | Landwirt | Bäcker | Pilot | Richter | Pfleger | Bildhauer | Fischer | Bankier | Klempner | "
            "Chemiker | Gärtner | Soldat | Schneider | Metzger | Chirurg | Pförtner | Geiger | Tischler | Redakteur | "
            "Bergmann | Senator | Radfahrer | Priester | Ingenieur | Torwart | Schauspieler | Imker | Notar | "
            "Hafenmeister"
        ),
        "verb": pool(
            "verwarf | begrüßte | verkaufte | untersuchte | fotografierte | erneuerte | vergaß | erbte | bemängelte | "
            "beschrieb | erprobte | verließ | bemalte | vermaß | verlieh | verteidigte | versetzte | versteckte | "
            "reinigte | versicherte | kopierte | lobte | verzögerte | vollendete | übersah | bemerkte | mietete | "
            "beschädigte | schloss | plante"
        ),
        "thing": pool("den {quality} {object} | einen {quality} {object} | den {object} von {name} | jeden {object}"),
        "quality": pool(
            "hölzernen | kaputten | schmalen | goldenen | leeren | geheimen | schweren | lauten | modernen | rostigen "
            "| wertvollen | grünen | römischen | flachen | schiefen | bemalten | gefrorenen | königlichen | billigen | "
            "vergessenen | riesigen | runden | tiefen | gläsernen"
        ),
        "object": pool(
            "Garten | Brief | Motor | Leuchtturm | Vertrag | Obsthof | Tunnel | Spiegel | Brunnen | Flügel | Speicher "
            "| Fahrschein | Traktor | Hafen | Roman | Kamin | Stall | Teppich | Bahnhof | Kran | Acker | Keller | "
            "Schuppen | Steg | Turm | Pokal | Mantel | Koffer | Wagen | Stein"
        ),
        "link": pool("und | aber | denn | doch | oder"),
    },
    sentence="{when} {verb} {person} {thing}, {link} {person2} {verb2} {thing2}.",
    point=",",
)
