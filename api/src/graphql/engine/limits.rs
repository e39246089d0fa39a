//! How large a document may be, measured before anything else walks it.
//!
//! A kilobyte of fragments that contain each other twice stands for 2^30 selections. Everything here therefore works
//! on the parsed text with a memo per fragment: its cost is the length of the text, whatever the text stands for.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, DirectiveList, Document, FragmentDefinition, Selection};

use super::error::RequestError;

/// The structural limits of a document. All of them count the text as written, fragments inlined, nothing skipped.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Characters of a document.
    pub document_bytes: usize,
    /// Tokens of a document, without comments and commas.
    pub tokens: usize,
    /// Selections of all operations of a document together, with every fragment written out.
    pub expansion: usize,
    /// Fields on the way from the root to a leaf. 15 lets every tool's introspection through.
    pub depth: usize,
    /// Aliases in an operation.
    pub aliases: usize,
    /// Root fields of an operation.
    pub root_fields: usize,
    /// Directives at one place.
    pub directives: usize,
    /// Errors in a reply; the rest is counted in its extension `errorsOmitted`.
    pub errors: usize,
    /// Values in the variables of a request, containers included.
    pub variable_values: usize,
    /// Prepared operations that are kept.
    pub cached_documents: usize,
    /// Bytes of document text that are kept with them.
    pub cached_bytes: usize,
    /// Root fields of which a request may ask one, and that once: sign-in and its like, where each call is a guess.
    pub once_per_request: &'static [&'static str],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 20_000,
            tokens: 2_000,
            expansion: 5_000,
            depth: 15,
            aliases: 30,
            root_fields: 50,
            directives: 10,
            errors: 100,
            variable_values: 10_000,
            cached_documents: 1_000,
            cached_bytes: 4 << 20,
            once_per_request: &[],
        }
    }
}

/// Levels of `fields`, `inputFields`, `interfaces` and `possibleTypes` within each other: they lead from a type to
/// types, so each level multiplies the answer by the size of the schema. Tools use one.
const INTROSPECTION_LISTS: usize = 2;

/// Refuses text that is too long to be parsed. `LIMIT_EXCEEDED`.
pub(super) fn check_text(text: &str, limits: &Limits) -> Result<(), RequestError> {
    if text.len() > limits.document_bytes && text.chars().count() > limits.document_bytes {
        return Err(RequestError::limit(format!("The document is longer than {} characters.", limits.document_bytes)));
    }
    if tokens(text) > limits.tokens {
        return Err(RequestError::limit(format!("The document has more than {} tokens.", limits.tokens)));
    }
    Ok(())
}

/// Counts tokens without judging them: what is not a name, a number or a string counts one a character.
fn tokens(text: &str) -> usize {
    let bytes = text.as_bytes();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let (mut at, mut count) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let length = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => {
                at += 1;
                continue;
            }
            b'#' => {
                at += rest.iter().take_while(|&&byte| byte != b'\n' && byte != b'\r').count();
                continue;
            }
            b'"' if rest.starts_with(b"\"\"\"") => {
                let mut end = 3;
                while end < rest.len() && !rest[end..].starts_with(b"\"\"\"") {
                    end += if rest[end..].starts_with(b"\\\"\"\"") { 4 } else { 1 };
                }
                end + 3
            }
            b'"' => {
                let mut end = 1;
                while end < rest.len() && !matches!(rest[end], b'"' | b'\n' | b'\r') {
                    end += if rest[end] == b'\\' { 2 } else { 1 };
                }
                end + 1
            }
            b'.' if rest.starts_with(b"...") => 3,
            byte if word(byte) || byte == b'-' => {
                1 + rest[1..].iter().take_while(|&&byte| word(byte) || matches!(byte, b'.' | b'+' | b'-')).count()
            }
            _ => 1,
        };
        at += length;
        count += 1;
    }
    count
}

/// Refuses a document that stands for too much. `LIMIT_EXCEEDED`, or `VALIDATION_FAILED` for a fragment that contains
/// itself, which has no size.
pub(super) fn check_document(document: &Document, limits: &Limits) -> Result<(), RequestError> {
    let fragments = document
        .definitions
        .iter()
        .filter_map(Definition::as_fragment_definition)
        .map(|fragment| (fragment.name.as_str(), &**fragment))
        .collect();
    let mut measuring = Measuring { limits, fragments, done: HashMap::new() };
    let mut size = 0_usize;
    // Fragments first, used or not: the validator will walk them all.
    for definition in &document.definitions {
        if let Some(fragment) = definition.as_fragment_definition() {
            measuring.fragment(&fragment.name)?;
        }
    }
    for definition in &document.definitions {
        let Some(operation) = definition.as_operation_definition() else { continue };
        measuring.directives(&operation.directives)?;
        for variable in &operation.variables {
            measuring.directives(&variable.directives)?;
        }
        let measure = measuring.selections(&operation.selection_set)?;
        size = size.saturating_add(measure.size);
        for (count, limit, what) in [
            (measure.depth, limits.depth, "levels of fields"),
            (measure.aliases, limits.aliases, "aliases"),
            (measure.roots, limits.root_fields, "root fields"),
        ] {
            if count > limit {
                return Err(RequestError::limit(format!("An operation may have {limit} {what}.")));
            }
        }
        if measure.once > 1 {
            return Err(RequestError::limit(format!(
                "A request may have one of these fields, once: {}.",
                limits.once_per_request.join(", ")
            )));
        }
    }
    if size > limits.expansion {
        return Err(too_large(limits));
    }
    Ok(())
}

fn too_large(limits: &Limits) -> RequestError {
    RequestError::limit(format!(
        "The document stands for more than {} selections when its fragments are written out.",
        limits.expansion
    ))
}

/// What a selection set stands for, its fragments written out. All counts saturate.
#[derive(Clone, Copy, Default)]
struct Measure {
    size: usize,
    depth: usize,
    aliases: usize,
    /// Fields of the set itself, and how many of them are in `once_per_request`.
    roots: usize,
    once: usize,
    /// Introspection lists within each other.
    lists: usize,
}

struct Measuring<'a> {
    limits: &'a Limits,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    /// `None` while the fragment is being measured: met again, it contains itself.
    done: HashMap<&'a str, Option<Measure>>,
}

impl<'a> Measuring<'a> {
    fn selections(&mut self, set: &'a [Selection]) -> Result<Measure, RequestError> {
        let mut sum = Measure::default();
        for selection in set {
            sum.size = sum.size.saturating_add(1);
            let inner = match selection {
                Selection::Field(field) => {
                    self.directives(&field.directives)?;
                    let inner = self.selections(&field.selection_set)?;
                    let leads_to_types =
                        matches!(field.name.as_str(), "fields" | "inputFields" | "interfaces" | "possibleTypes");
                    let lists = inner.lists + usize::from(leads_to_types);
                    if matches!(field.name.as_str(), "__schema" | "__type") && lists > INTROSPECTION_LISTS {
                        return Err(RequestError::limit(
                            "The introspection query leads from types to types too often.",
                        ));
                    }
                    Measure {
                        depth: inner.depth + 1,
                        aliases: inner.aliases.saturating_add(usize::from(field.alias.is_some())),
                        roots: 1,
                        once: usize::from(self.limits.once_per_request.contains(&field.name.as_str())),
                        lists,
                        ..inner
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives)?;
                    self.selections(&fragment.selection_set)?
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives)?;
                    self.fragment(&spread.fragment_name)?
                }
            };
            sum = Measure {
                size: sum.size.saturating_add(inner.size),
                depth: sum.depth.max(inner.depth),
                aliases: sum.aliases.saturating_add(inner.aliases),
                roots: sum.roots.saturating_add(inner.roots),
                once: sum.once.saturating_add(inner.once),
                lists: sum.lists.max(inner.lists),
            };
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &str) -> Result<Measure, RequestError> {
        // An unknown fragment has no size; the validator names it.
        let Some((&name, &fragment)) = self.fragments.get_key_value(name) else { return Ok(Measure::default()) };
        match self.done.insert(name, None) {
            Some(Some(measure)) => {
                self.done.insert(name, Some(measure));
                return Ok(measure);
            }
            Some(None) => return Err(RequestError::invalid(format!("The fragment {name} contains itself."))),
            None => {}
        }
        self.directives(&fragment.directives)?;
        let measure = self.selections(&fragment.selection_set)?;
        if measure.size > self.limits.expansion {
            return Err(too_large(self.limits));
        }
        self.done.insert(name, Some(measure));
        Ok(measure)
    }

    fn directives(&self, directives: &DirectiveList) -> Result<(), RequestError> {
        if directives.len() > self.limits.directives {
            return Err(RequestError::limit(format!("One place may have {} directives.", self.limits.directives)));
        }
        Ok(())
    }
}
