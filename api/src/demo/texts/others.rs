//! Conversations of the other people, most of them shared.

use entity::message::Status;
use entity::share::Level::{Comment, Read, Write};

use crate::demo::script::{Arguments, Call, Outcome, Place, Script, assistant, system, user};

pub const OTHERS: &[Script] = &[
    Script {
        key: "letter",
        owner: "kofi",
        title: Some("A letter to the landlord"),
        day: 85,
        place: Place::InUse,
        shares: &[],
        turns: &[
            user("Write to the landlord that the cellar light is broken. Friendly, please."),
            assistant("Dear Ms Okoro, the light in the cellar has been out since").unfinished(Status::Interrupted),
            assistant("Dear Ms Okoro, a small thing from the second floor: ").after(1).unfinished(Status::Streaming),
        ],
    },
    Script {
        key: "bicycles",
        owner: "kofi",
        title: Some("Bicycle repair evening"),
        day: 83,
        place: Place::InUse,
        shares: &[("ines", Write), ("reza", Comment), ("yuki", Read)],
        turns: &[
            system("Help a group of volunteers to run a repair evening."),
            user("We expect twenty people and have three stands. How do we keep the queue friendly?"),
            assistant("Give out numbers, keep one stand for jobs under ten minutes, and put the tea beside the queue."),
            user("I can bring the second pump and a box of patches.").by("ines"),
            assistant("Then flat tyres can move to a table of their own, and the stands stay free.").by("ines"),
            user("پیچ‌گوشتی هم می‌آورم.").by("reza"),
            user("How long for a new chain?").after(3),
            assistant("").calls(&[Call {
                tool: "lookup_manual",
                arguments: Arguments::Json(r#"{"topic": "chain", "speeds": [8, 9, 10]}"#),
                outcome: Outcome::Succeeded(r#"{"minutes": 15, "needs": ["chain tool", "quick link"]}"#),
            }]),
            assistant("A quarter of an hour with a chain tool at hand."),
        ],
    },
    Script {
        key: "quilt",
        owner: "lena",
        title: Some("Quilt from old shirts"),
        day: 82,
        place: Place::InUse,
        shares: &[("ines", Comment), ("kofi", Read)],
        turns: &[
            user("How many squares of 12 cm for a blanket of 140 × 200?"),
            assistant("With a seam of 1 cm each square shows 10 cm: 14 × 20 = **280** squares."),
            user("I have eleven shirts for you, most of them blue.").by("ines"),
            user("Wonderful! How many squares is that?"),
            assistant("A shirt gives 12 to 16, so about 150: a good half."),
        ],
    },
    Script {
        key: "saffron",
        owner: "reza",
        title: Some("دستور پلو زعفرانی"),
        day: 80,
        place: Place::InUse,
        shares: &[("ines", Read), ("lena", Read)],
        turns: &[
            user("برای شش نفر چقدر برنج لازم است؟"),
            assistant("حدود ۶۰۰ گرم برنج خشک، یعنی ۱۰۰ گرم برای هر نفر."),
            user("و زعفران؟"),
            assistant("نصف قاشق چای‌خوری، ساییده و در سه قاشق آب گرم (۶۰ °C) دم کرده."),
        ],
    },
    Script {
        key: "onboarding",
        owner: "noor",
        title: Some("Onboarding checklist"),
        day: 77,
        place: Place::InUse,
        shares: &[("ines", Read), ("kofi", Write), ("lena", Comment)],
        turns: &[
            user("Draft a checklist for somebody's first day with us."),
            assistant(
                "- [ ] Keys and badge\n- [ ] Account and role `subscriber`\n- [ ] Lunch with the team\n- [ ] One small task that can be finished today",
            ),
            user("Add where the first-aid box hangs.").by("kofi"),
            assistant("- [ ] First-aid box: kitchen, left of the door").by("kofi"),
        ],
    },
    Script {
        key: "rotation",
        owner: "noor",
        title: Some("Who is on call in June?"),
        day: 74,
        place: Place::InUse,
        shares: &[],
        turns: &[
            user("Four people, thirty days, weekends count double. Suggest a rotation."),
            assistant("Blocks of three days; each of the four gets two weekend days. Shall I write it as a calendar?"),
        ],
    },
    Script {
        key: "letters",
        owner: "lena",
        title: Some("Letters from 1931: transcription"),
        day: 52,
        place: Place::Archived,
        shares: &[("ines", Write)],
        turns: &[
            user(
                "\u{201e}Liebe Schwester, der Schnee liegt hier bis ans Fenster …\u{201c} What comes after \u{201e}Fenster\u{201c}? The ink is blurred.",
            ),
            assistant("The strokes could be \u{201e}und die Kinder sind froh\u{201c}; the second word is uncertain."),
            user("Compare with the letter of March: same hand, clearer ink.").by("ines"),
        ],
    },
    Script {
        key: "secret-party",
        owner: "kofi",
        title: Some("Surprise for Inês 🎂"),
        day: 85,
        place: Place::InUse,
        shares: &[("lena", Write), ("reza", Comment)],
        turns: &[
            user("A cake without nuts for twelve people, on a Thursday evening."),
            assistant("Lemon sponge: it can be baked on Wednesday and is better for the wait."),
            user("I bring the candles.").by("lena"),
        ],
    },
];
