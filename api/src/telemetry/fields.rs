//! The fields of a log line as text, as `tracing_subscriber` writes them by itself where there are no colours, at a third of
//! the price.

use std::error::Error;
use std::fmt::{Debug, Result};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::{RecordFields, VisitOutput};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultVisitor, Writer};

/// Writes `key=value`, and the message as it is.
pub struct PlainFields;

impl<'w> FormatFields<'w> for PlainFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> Result {
        let mut line = Line { writer, is_empty: true, result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'w> {
    writer: Writer<'w>,
    is_empty: bool,
    result: Result,
}

impl Line<'_> {
    /// A value that needs no care.
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> Result) {
        let space = if std::mem::take(&mut self.is_empty) { "" } else { " " };
        let written = self.writer.write_str(space).and_then(|()| {
            self.writer.write_str(field.name())?;
            self.writer.write_char('=')?;
            value(&mut self.writer)
        });
        self.result = self.result.and(written);
    }

    /// Every other value as the library writes it, which knows what must not reach a terminal.
    fn leave(&mut self, record: impl FnOnce(&mut DefaultVisitor<'_>)) {
        let mut library = DefaultVisitor::new(self.writer.by_ref(), std::mem::take(&mut self.is_empty));
        record(&mut library);
        self.result = self.result.and(library.finish());
    }
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.leave(|library| library.record_debug(field, value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.leave(|library| library.record_error(field, value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\');
        if !is_plain || field.name() == "message" {
            return self.leave(|library| library.record_str(field, value));
        }
        self.put(field, |out| {
            out.write_char('"')?;
            out.write_str(value)?;
            out.write_char('"')
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |out| out.write_str(itoa::Buffer::new().format(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |out| out.write_str(itoa::Buffer::new().format(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |out| out.write_str(if value { "true" } else { "false" }));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Text(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Text {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'w> MakeWriter<'w> for Text {
        type Writer = Self;

        fn make_writer(&'w self) -> Self {
            self.clone()
        }
    }

    fn lines() {
        let cause = io::Error::other("a \"cause\"");
        let span = tracing::info_span!("request", id = "req_1", empty = tracing::field::Empty);
        let _inside = span.enter();
        span.record("empty", 7);
        tracing::info!(
            kind = "query",
            text = "a \"quote\" \\ é\n",
            number = 7_u32,
            minus = -3_i64,
            yes = true,
            part = 1.5,
            "told"
        );
        tracing::warn!(%cause, debug = ?Some("x"), none = None::<u32>, "of {}", "something");
        tracing::info!(message = "a field \u{1b}[31m");
        tracing::info!(text = "\u{1b}[31m", cause = &cause as &dyn Error, "a message \u{1b}[31m {}", "\u{9b}");
        tracing::info!(only = 1);
    }

    #[test]
    fn lines_are_those_of_the_library() {
        let (ours, theirs) = (Text::default(), Text::default());
        let layer = || tracing_subscriber::fmt::layer().with_ansi(false).without_time();
        let to = tracing_subscriber::registry().with(layer().fmt_fields(PlainFields).with_writer(ours.clone()));
        tracing::subscriber::with_default(to, lines);
        let to = tracing_subscriber::registry().with(layer().with_writer(theirs.clone()));
        tracing::subscriber::with_default(to, lines);
        let text = |text: Text| String::from_utf8(text.0.lock().expect("nobody panicked").clone()).expect("text");
        assert_eq!(text(ours), text(theirs));
    }
}
