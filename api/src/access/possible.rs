//! What a condition could decide for somebody of whom neither place nor second factor is known.

use super::Condition;

impl Condition {
    /// Whether it holds at some time, from some place, with whatever was shown.
    pub fn could_hold(&self, owned: bool) -> bool {
        self.could_be(true, owned)
    }

    fn could_be(&self, held: bool, owned: bool) -> bool {
        match self {
            Self::All(inner) if held => inner.iter().all(|inner| inner.could_be(true, owned)),
            Self::Any(inner) if !held => inner.iter().all(|inner| inner.could_be(false, owned)),
            Self::All(inner) | Self::Any(inner) => inner.iter().any(|inner| inner.could_be(held, owned)),
            Self::Not(inner) => inner.could_be(!held, owned),
            Self::Owner(_) => owned == held,
            Self::Time(_) | Self::Network(_) | Self::SecondFactor(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_owns_the_thing_is_known() {
        for (text, of_others, of_ones_own) in [
            (r#"{"owner":true}"#, false, true),
            (r#"{"not":{"owner":true}}"#, true, false),
            (r#"{"secondFactor":60}"#, true, true),
            (r#"{"not":{"network":["10.0.0.0/8"]}}"#, true, true),
            (r#"{"any":[{"owner":true},{"secondFactor":60}]}"#, true, true),
            (r#"{"all":[{"owner":true},{"secondFactor":60}]}"#, false, true),
            (r#"{"not":{"any":[{"owner":true},{"secondFactor":60}]}}"#, true, false),
            (r#"{"not":{"all":[{"owner":true},{"secondFactor":60}]}}"#, true, true),
        ] {
            let condition = Condition::read(text).expect("a condition that is understood");
            assert_eq!((condition.could_hold(false), condition.could_hold(true)), (of_others, of_ones_own), "{text}");
        }
    }
}
