//! How hard a password is to guess, and why not harder, in our words.

use zxcvbn::feedback::{Suggestion, Warning};
use zxcvbn::zxcvbn;

/// Most words about a person that are looked at, and the longest of them in bytes: more are not names.
const MOST_WORDS: usize = 32;
const LONGEST_WORD: usize = 100;

/// What is wrong with a password that scores below `least`; `about` is what a guesser knows of the person: names, address.
pub fn weakness(password: &str, about: &[impl AsRef<str>], least: u8) -> Option<String> {
    let estimate = zxcvbn(password, &words(about));
    if u8::from(estimate.score()) >= least {
        return None;
    }
    let feedback = estimate.feedback();
    let reason = feedback.and_then(|feedback| feedback.warning()).map(reason);
    let advice = feedback.into_iter().flat_map(|feedback| feedback.suggestions()).filter_map(advice);
    let sentences: Vec<&str> = reason.into_iter().chain(advice).collect();
    let said = if sentences.is_empty() { ANOTHER_WORD.to_owned() } else { sentences.join(" ") };
    Some(format!("Too easy to guess. {said}"))
}

/// Names and addresses, whole and in their parts.
fn words(about: &[impl AsRef<str>]) -> Vec<&str> {
    let parts = about.iter().map(AsRef::as_ref).flat_map(|text| {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        std::iter::once(text).chain(parts.filter(|part| part.chars().count() > 2))
    });
    parts.filter(|word| word.len() <= LONGEST_WORD).take(MOST_WORDS).collect()
}

const ANOTHER_WORD: &str = "Another word or two would help.";

fn reason(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => "It is a row of keys.",
        Warning::ShortKeyboardPatternsAreEasyToGuess => "It follows the keyboard.",
        Warning::RepeatsLikeAaaAreEasyToGuess => "It repeats a character.",
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => "It repeats itself.",
        Warning::ThisIsATop10Password | Warning::ThisIsATop100Password | Warning::ThisIsACommonPassword => {
            "Many people use it."
        }
        Warning::ThisIsSimilarToACommonlyUsedPassword => "It is close to a password that many people use.",
        Warning::SequencesLikeAbcAreEasyToGuess => "It counts up or down, or follows the alphabet.",
        Warning::RecentYearsAreEasyToGuess => "It is made of a year.",
        Warning::AWordByItselfIsEasyToGuess => "It is a single word.",
        Warning::DatesAreOftenEasyToGuess => "It is made of a date.",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            "It is made of a name."
        }
    }
}

fn advice(suggestion: &Suggestion) -> Option<&'static str> {
    Some(match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => "Take a few words that do not usually stand together.",
        Suggestion::AddAnotherWordOrTwo => ANOTHER_WORD,
        Suggestion::CapitalizationDoesntHelpVeryMuch | Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => {
            "Capital letters do not help."
        }
        Suggestion::ReversedWordsArentMuchHarderToGuess => "Writing a word backwards does not help.",
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => "Writing @ for a or 0 for o does not help.",
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => "Take words instead of a pattern on the keyboard.",
        Suggestion::AvoidRepeatedWordsAndCharacters => "Do not repeat words or characters.",
        Suggestion::AvoidSequences => "Do not count or spell the alphabet.",
        Suggestion::AvoidRecentYears
        | Suggestion::AvoidYearsThatAreAssociatedWithYou
        | Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => "Leave years and dates out.",
        // What to leave out is no reason for a refusal.
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: &[&str] = &[];

    #[test]
    fn what_is_easy_is_told_with_its_reason() {
        for (password, words) in [
            ("password", "Many people"),
            ("qwertyuiop", "Many people"),
            ("aaaaaaaaaaaa", "repeats a character"),
            ("abcdefghijk", "alphabet"),
            ("p@ssw0rd", "Writing @ for a"),
            ("paloma.v", "Another word"),
            ("palomav1", "Another word"),
        ] {
            let said = weakness(password, &["paloma.v", "Paloma Vidal", "paloma@example.org"], 3).unwrap_or_default();
            assert!(said.contains(words), "{password}: {said}");
        }
        assert_eq!(weakness("seven green herons", NOBODY, 3), None);
        assert_eq!(weakness("a", NOBODY, 0), None, "0 asks for nothing");
    }

    #[test]
    fn a_person_s_own_words_count_for_nothing() {
        let about = ["lindqvist", "Tove Lindqvist", "tove@heronfield.test"];
        assert_eq!(weakness("heronfield7", NOBODY, 2), None);
        assert!(weakness("lindqvist7", &about, 2).is_some());
        assert!(weakness("tove@heronfield.test", &about, 2).is_some());
    }
}
