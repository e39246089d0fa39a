//! What reads are put together from.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{ColumnTrait, Condition, Value};
use uuid::Uuid;

type Write<'a> = Box<dyn FnOnce() -> Condition + Send + 'a>;

/// A text, and the numbers behind `$` in it.
struct Kept {
    text: String,
    places: Vec<usize>,
}

impl Kept {
    fn new(text: String) -> Self {
        Self { places: places(&text).collect(), text }
    }
}

/// By what writes them and about what: as many as there are places in the code that write one.
type Texts = HashMap<(TypeId, &'static str), Arc<Kept>>;

static KEPT: LazyLock<RwLock<Texts>> = LazyLock::new(RwLock::default);

/// A condition on rows: its name, its values in the order in which it writes them, and how it is written.
pub struct Rule<'a> {
    pub(super) shape: Vec<&'static str>,
    pub(super) values: Vec<Value>,
    pub(super) write: Vec<Write<'a>>,
}

impl<'a> Rule<'a> {
    pub fn new<C: IntoCondition>(
        name: &'static str,
        values: impl IntoIterator<Item = Value>,
        write: impl FnOnce() -> C + Send + 'a,
    ) -> Self {
        let write: Write<'a> = Box::new(move || write().into_condition());
        Self { shape: vec![name], values: values.into_iter().collect(), write: vec![write] }
    }

    /// A condition written by hand, in which `$1`, `$2` … may come several times.
    pub fn text(name: &'static str, text: impl Into<String>, values: &[Value]) -> Self {
        let (text, values) = (text.into(), values.to_vec());
        let sent = places(&text).filter_map(|place| values.get(place - 1).cloned()).collect::<Vec<_>>();
        Self::new(name, sent, move || Expr::cust_with_values(format!("({text})"), values))
    }

    /// The same, with the text written once: `text` is not asked again. It captures nothing but what `about` says.
    pub fn kept<F>(name: &'static str, about: &'static str, text: F, values: &[Value]) -> Self
    where
        F: Fn() -> String + 'static,
    {
        let key = (TypeId::of::<F>(), about);
        let known = KEPT.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let kept = known.unwrap_or_else(|| {
            let kept = Arc::new(Kept::new(text()));
            KEPT.write().unwrap_or_else(PoisonError::into_inner).insert(key, kept.clone());
            kept
        });
        let sent = kept.places.iter().filter_map(|place| values.get(place - 1).cloned()).collect::<Vec<_>>();
        let values = values.to_vec();
        Self::new(name, sent, move || Expr::cust_with_values(format!("({})", kept.text), values))
    }

    /// Every row.
    pub fn all() -> Self {
        Self { shape: Vec::new(), values: Vec::new(), write: Vec::new() }
    }

    /// No row.
    pub fn none() -> Self {
        Self::new("none", [], || Expr::cust("false"))
    }

    pub fn and(mut self, other: Rule<'a>) -> Self {
        self.shape.extend(other.shape);
        self.values.extend(other.values);
        self.write.extend(other.write);
        self
    }

    /// The condition itself, for a statement that is written each time.
    pub fn condition(self) -> Condition {
        self.write.into_iter().fold(Condition::all(), |all, write| all.add(write()))
    }
}

/// The numbers behind `$`, in the order in which they come.
fn places(text: &str) -> impl Iterator<Item = usize> {
    text.split('$').skip(1).filter_map(|rest| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    })
}

/// `column = $1`.
pub fn equal<'a>(column: impl ColumnTrait, value: impl Into<Value>) -> Rule<'a> {
    let value: Value = value.into();
    let mut rule = Rule::new(column.as_str(), [value.clone()], move || column.eq(value));
    rule.shape.push("=");
    rule
}

/// `column = any($1)`: one text whatever the number of ids.
pub fn among<'a, I: Into<Uuid> + Copy>(column: impl ColumnTrait, ids: &[I]) -> Rule<'a> {
    let ids: Vec<Uuid> = ids.iter().map(|id| (*id).into()).collect();
    let mut rule = Rule::new(column.as_str(), [ids.clone().into()], move || {
        Expr::col(column.as_column_ref()).eq(PgFunc::any(Expr::val(ids).cast_as("uuid[]")))
    });
    rule.shape.push("any");
    rule
}

/// `column >= $1`.
pub fn at_least<'a>(column: impl ColumnTrait, value: DateTime<Utc>) -> Rule<'a> {
    let mut rule = Rule::new(column.as_str(), [value.into()], move || column.gte(value));
    rule.shape.push(">=");
    rule
}

/// `column < $1`.
pub fn below<'a>(column: impl ColumnTrait, value: DateTime<Utc>) -> Rule<'a> {
    let mut rule = Rule::new(column.as_str(), [value.into()], move || column.lt(value));
    rule.shape.push("<");
    rule
}
