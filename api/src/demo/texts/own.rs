//! The conversations of the first person that have more to them than a question and an answer.

use entity::message::FinishReason::{Cancelled, ContentFilter, Error, Length};
use entity::share::Level::{Comment, Read, Write};

use crate::demo::script::{Arguments, Call, Outcome, Place, Script, assistant, system, tool, user};

const OWNER: &str = "ines";

/// A tree with branches: answers given again, questions put again, other people's contributions.
const GARDEN: Script = Script {
    key: "garden",
    owner: OWNER,
    title: Some("Balcony garden 🌿"),
    day: 84,
    place: Place::InUse,
    shares: &[("kofi", Write), ("lena", Comment), ("yuki", Read)],
    turns: &[
        system("You are a patient gardener. Answer briefly and say when you are guessing."),
        user("I have a balcony of four square metres that faces north-east. What grows there?"),
        assistant("Morning sun only, so think leaves, not fruit: mint, chives, parsley, chard, ferns."),
        assistant("Half shade suits herbs best. Start with mint and chives, add chard in the second month, and keep one corner for ferns.").after(2),
        user("Chard sounds good. How large must the box be?"),
        assistant("20 cm deep and 60 cm long holds three plants. Holes in the bottom matter more than size."),
        user("And if I want tomatoes anyway?").after(4).edited(),
        assistant("Then a small cherry variety in the sunniest corner, and modest hopes. I am guessing about your wind."),
        user("My neighbour grew *Sungold* on the same side, about thirty fruits a week.").by("kofi"),
        assistant("That is good evidence. Use her variety and a 15 litre pot.").by("kofi"),
        user("Could we share one watering can? I pass by on Tuesdays and Fridays.").by("lena"),
        user("Which herbs survive a week without water?").after(4),
        assistant("Thyme and sage. Mint does not."),
    ],
};

/// Tool calls in every state.
const TRAIN: Script = Script {
    key: "train",
    owner: OWNER,
    title: Some("Night train to Lisbon 🚆"),
    day: 86,
    place: Place::InUse,
    shares: &[("kofi", Comment)],
    turns: &[
        system("You plan journeys by rail. Use the tools; never invent a timetable."),
        user("Find me a way from Hendaye to Lisbon on 12 June, and the weather there."),
        assistant("").calls(&[
            Call {
                tool: "search_connections",
                arguments: Arguments::Json(r#"{"from": "Hendaye", "to": "Lisboa Oriente", "date": "2026-06-12", "maxChanges": 2}"#),
                outcome: Outcome::Succeeded(r#"{"connections": [{"id": "c-1", "departs": "18:35", "arrives": "07:20+1", "changes": 1}, {"id": "c-2", "departs": "21:05", "arrives": "11:40+1", "changes": 2}]}"#),
            },
            Call {
                tool: "weather_forecast",
                arguments: Arguments::Json(r#"{"place": "Lisboa", "date": "2026-06-13"}"#),
                outcome: Outcome::Failed("The forecast reaches only ten days ahead."),
            },
        ]),
        tool("2 connections: 18:35 → 07:20 (+1), 1 change; 21:05 → 11:40 (+1), 2 changes"),
        assistant("The 18:35 arrives at 07:20 the next morning with one change. The forecast does not reach that far yet."),
        user("Take the 18:35. A window seat, please."),
        assistant("I am asking for the seat.").calls(&[
            Call {
                tool: "reserve_seat",
                arguments: Arguments::Json(r#"{"connection": "c-1", "wish": "window"}"#),
                outcome: Outcome::Running,
            },
            Call {
                tool: "send_confirmation",
                arguments: Arguments::Json(r#"{"to": "ines@example.org", "after": "reserve_seat"}"#),
                outcome: Outcome::Pending,
            },
            Call {
                tool: "compare_prices",
                arguments: Arguments::Json(r#"{"connection": "c-1", "with": ["bus", "plane"]}"#),
                outcome: Outcome::Cancelled,
            },
        ]),
        user("I can bring you to Hendaye, I am there that week anyway.").by("kofi"),
    ],
};

/// Arguments that are not JSON, and answers that ended early.
const BUDGET: Script = Script {
    key: "budget",
    owner: OWNER,
    title: Some("Household budget: read the CSV"),
    day: 79,
    place: Place::InUse,
    shares: &[("kofi", Write)],
    turns: &[
        user(
            "Here are three lines of my bank's CSV. Can you write the parser?\n\n```csv\ndate;text;amount\n01.05.2026;Rent;-840,00\n02.05.2026;Salary;2310,50\n```",
        ),
        assistant(
            "The decimal comma is the only trap:\n\n```python\nimport csv, decimal\n\ndef rows(file):\n    for row in csv.DictReader(file, delimiter=\";\"):\n        yield row[\"date\"], row[\"text\"], decimal.Decimal(row[\"amount\"].replace(\".\", \"\").replace(\",\", \".\"))\n```",
        ),
        user("Run it over the three lines."),
        assistant("").calls(&[Call {
            tool: "run_python",
            arguments: Arguments::Raw("{\"code\": \"print(sum(amount for _, _, amount in rows(open('may.csv')))"),
            outcome: Outcome::Failed("The arguments are not JSON: the string does not end."),
        }]),
        assistant("").after(3).calls(&[Call {
            tool: "run_python",
            arguments: Arguments::Json(r#"{"code": "print(1470.50)", "timeoutSeconds": 5}"#),
            outcome: Outcome::Succeeded("\"1470.50\\n\""),
        }]),
        tool("1470.50"),
        assistant("Over the three lines you are at **+1,470.50**."),
        user("Now the whole year, in words, as long as you like."),
        assistant("January began with the rent, as every month does; then came the heating, and after the heating")
            .stopped(Length),
        assistant("In January you spent most on").after(8).stopped(Cancelled),
        assistant("").after(8).stopped(ContentFilter),
        assistant("").after(8).stopped(Error),
    ],
};

/// Two trees: the second attempt began from nothing.
const HAIKU: Script = Script {
    key: "haiku",
    owner: OWNER,
    title: Some("Haiku workshop"),
    day: 81,
    place: Place::InUse,
    shares: &[("reza", Read), ("lena", Write)],
    turns: &[
        user("Write a haiku about a kettle."),
        assistant("Small cloud on the stove —\nthe kitchen window forgets\nwhat the street looked like."),
        assistant("It hums, then it sings;\nthree cups stand in a half ring\nlike an audience.").after(1),
        user("Write a haiku about a kettle, without weather.").alone(),
        assistant("Before the first word\nof the morning is spoken,\nthe kettle said it."),
        user("Seven syllables in the middle? I count: the / kit / chen / win / dow / for / gets. Yes.")
            .by("lena")
            .after(2),
    ],
};

/// Somebody wrote here whose share was taken back: what she wrote stayed.
const CHOIR: Script = Script {
    key: "choir",
    owner: OWNER,
    title: Some("Choir rota for the summer"),
    day: 60,
    place: Place::InUse,
    shares: &[("yuki", Read)],
    turns: &[
        user("Eight singers, six Sundays, nobody twice in a row. Make a rota."),
        assistant(
            "1: Ana, Bo, Cy · 2: Di, Eve, Flo · 3: Gus, Lena, Ana · 4: Bo, Cy, Di · 5: Eve, Flo, Gus · 6: Lena, Ana, Bo",
        ),
        user("I am away on the third Sunday, please swap me with Cy.").by("lena"),
        assistant("Swapped: Sunday 3 is now Gus, Cy, Ana; Sunday 4 is Bo, Lena, Di.").by("lena"),
        user("Thank you both."),
    ],
};

const POSTER: Script = Script {
    key: "poster",
    owner: OWNER,
    title: Some("Poster for the flea market"),
    day: 40,
    place: Place::Trash,
    shares: &[("kofi", Write)],
    turns: &[
        user("Three slogans for a flea market, please."),
        assistant("1. Someone's attic, your treasure.\n2. Bring a bag. Bring two.\n3. Old things, good mood."),
    ],
};

const SHOPPING: Script = Script {
    key: "shopping",
    owner: OWNER,
    title: None,
    day: 33,
    place: Place::Trash,
    shares: &[],
    turns: &[user("oats, lemons, candles, tape"), assistant("Noted: oats, lemons, candles, tape.")],
};

/// Begun and left: no title, no messages.
const EMPTY: Script =
    Script { key: "empty", owner: OWNER, title: None, day: 70, place: Place::InUse, shares: &[], turns: &[] };

pub const OWN: &[Script] = &[GARDEN, TRAIN, BUDGET, HAIKU, CHOIR, POSTER, SHOPPING, EMPTY];
