//! The texts of the shapes that came so far.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use sea_orm::sea_query::{PostgresQueryBuilder, QueryStatementWriter};
use sea_orm::{DbBackend, Statement, Value};

/// Texts that are kept. There are not so many shapes in use; whatever comes after them is written each time.
const MOST_TEXTS: usize = 2_000;

type Texts = HashMap<Box<[&'static str]>, Arc<str>>;

static TEXTS: LazyLock<RwLock<Texts>> = LazyLock::new(RwLock::default);

/// The statement of that shape with these values; `write` is asked when the shape is new.
pub fn prepare<W>(shape: &[&'static str], values: Vec<Value>, write: impl FnOnce() -> W) -> Statement
where
    W: QueryStatementWriter,
{
    let known = TEXTS.read().unwrap_or_else(PoisonError::into_inner).get(shape).cloned();
    let text = match known {
        Some(text) if cfg!(debug_assertions) => {
            check(shape, &text, &values, &write());
            text
        }
        Some(text) => text,
        None => {
            let written = write();
            let text: Arc<str> = written.build(PostgresQueryBuilder).0.into();
            check(shape, &text, &values, &written);
            let mut texts = TEXTS.write().unwrap_or_else(PoisonError::into_inner);
            if texts.len() < MOST_TEXTS {
                texts.insert(shape.into(), text.clone());
            }
            text
        }
    };
    Statement::from_sql_and_values(DbBackend::Postgres, &*text, values)
}

/// Whether the shape stands for this very statement, in builds with debug assertions.
fn check(shape: &[&'static str], text: &str, values: &[Value], written: &impl QueryStatementWriter) {
    if cfg!(debug_assertions) {
        let (written, sent) = written.build(PostgresQueryBuilder);
        assert_eq!(text, written, "{shape:?} stands for two statements");
        assert_eq!(values, sent.0, "{shape:?} sends other values than it writes");
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, Query};

    use super::*;

    fn send(shape: &'static str, sent: i32, written: i32) -> Statement {
        prepare(&[shape], vec![sent.into()], || Query::select().expr(Expr::val(written)).take())
    }

    #[test]
    fn a_known_shape_sends_the_values_of_the_call() {
        let (first, second) = (send("test: values", 1, 1), send("test: values", 2, 2));
        assert_eq!(first.sql, "SELECT $1");
        assert_eq!(second.sql, first.sql);
        assert_eq!(second.values, Some(sea_orm::sea_query::Values(vec![2.into()])));
    }

    #[test]
    #[should_panic(expected = "sends other values than it writes")]
    fn values_that_are_not_the_written_ones_are_found() {
        send("test: other values", 1, 2);
    }

    #[test]
    #[should_panic(expected = "stands for two statements")]
    fn a_name_for_two_texts_is_found() {
        send("test: two texts", 1, 1);
        prepare(&["test: two texts"], vec![1.into()], || {
            Query::select().expr(Expr::val(1)).expr(Expr::cust("2")).take()
        });
    }
}
