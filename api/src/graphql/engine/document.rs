//! From text to a prepared operation: parse, measure, validate, select. Done once per distinct text.

use std::{
    any::Any,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock},
};

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    executable::{Operation, OperationType as CompilerOperationType},
    name,
    parser::{Parser, SourceSpan},
    schema::{ExtendedType, FieldDefinition},
    ty,
    validation::{DiagnosticList, Valid},
};
use async_graphql::{Pos, parser::types::OperationType};
use serde_json::{Map, Value as Json};

use super::{
    deprecated::Deprecations,
    error::RequestError,
    limits::{Limits, check_document, check_text},
    preflight::Form,
    rules,
};
use crate::error::ErrorCode;

/// Levels of braces, brackets and parentheses; the parser and everything after it recurse.
const RECURSION: usize = 64;

/// The schema as the compiler knows it.
pub(super) struct Types {
    pub(super) schema: Valid<Schema>,
    /// Interfaces and unions, and the object types that they can be.
    pub(super) possible: HashMap<Name, Vec<Name>>,
    /// Whether a value is one of a custom scalar: the scalar's name, the value.
    pub(super) fits: fn(&str, &async_graphql::Value) -> bool,
    pub(super) deprecations: Arc<Deprecations>,
}

impl Types {
    /// Reads the SDL that the framework printed. The error is the compiler's report, for the developer.
    pub(super) fn new(sdl: &str) -> Result<Self, String> {
        let mut schema = Schema::parse(sdl, "schema.graphql").map_err(|errors| errors.to_string())?;
        // The framework answers this field of introspection; the compiler has not heard of it.
        if let Some(ExtendedType::Object(introspected)) = schema.types.get_mut("__Type") {
            let field = FieldDefinition {
                description: None,
                name: name!(isOneOf),
                arguments: Vec::new(),
                ty: ty!(Boolean),
                directives: Default::default(),
            };
            introspected.make_mut().fields.entry(name!(isOneOf)).or_insert_with(|| field.into());
        }
        let schema = schema.validate().map_err(|errors| errors.to_string())?;
        let mut possible: HashMap<Name, Vec<Name>> = HashMap::new();
        for (name, implementers) in schema.implementers_map() {
            possible.insert(name, implementers.objects.into_iter().collect());
        }
        for (name, definition) in &schema.types {
            if let ExtendedType::Union(union) = definition {
                possible.insert(name.clone(), union.members.iter().map(|member| member.name.clone()).collect());
            }
        }
        let deprecations = Arc::new(Deprecations::new(&schema));
        Ok(Self { schema, possible, fits: |_, _| true, deprecations })
    }
}

/// One operation of a valid document, ready to run with any variables. Cheap to clone.
#[derive(Clone)]
pub struct Prepared(pub(super) Arc<PreparedOperation>, pub(super) Origin);

/// Where a prepared operation comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Origin {
    /// It was parsed and validated for this request.
    Text,
    /// It had been prepared before.
    Cache,
}

pub(super) struct PreparedOperation {
    pub(super) document: Valid<ExecutableDocument>,
    pub(super) operation: Node<Operation>,
    pub(super) lines: Lines,
    roots: Vec<String>,
    introspects: bool,
    /// What others have found out about this operation.
    kept: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// What the text uses of the deprecated, and whether variables may bring more.
    deprecated: (Vec<Arc<str>>, bool),
    /// What was built for execution, by the variables on which its form depends: see `preflight`.
    pub(super) forms: Mutex<Vec<(u64, Arc<Form>)>>,
}

impl Prepared {
    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationType {
        match self.0.operation.operation_type {
            CompilerOperationType::Query => OperationType::Query,
            CompilerOperationType::Mutation => OperationType::Mutation,
            CompilerOperationType::Subscription => OperationType::Subscription,
        }
    }

    /// The name that the document gives to the operation.
    pub fn operation_name(&self) -> Option<&str> {
        self.0.operation.name.as_deref()
    }

    /// Names of the root fields in the order of the text, fragments written out, each name once.
    pub fn root_fields(&self) -> &[String] {
        &self.0.roots
    }

    /// Whether the operation asks for the schema. What a condition leaves out counts, too.
    pub fn introspects(&self) -> bool {
        self.0.introspects
    }

    /// What `make` finds out about the operation, once: it is kept for as long as the operation is. There is room for the
    /// findings of one party.
    pub fn keep<T: Any + Send + Sync>(&self, make: impl Fn() -> T) -> Arc<T> {
        let kept = self.0.kept.get_or_init(|| Arc::new(make())).clone();
        kept.downcast().unwrap_or_else(|_| Arc::new(make()))
    }

    /// Whether it had been prepared for an earlier request.
    pub fn was_cached(&self) -> bool {
        self.1 == Origin::Cache
    }

    /// What this operation with these variables, as they were sent, uses of the deprecated.
    pub(super) fn deprecated(&self, types: &Types, sent: &Map<String, Json>) -> Vec<Arc<str>> {
        match &self.0.deprecated {
            (known, false) => known.clone(),
            (known, true) => types.deprecations.with_sent(&types.schema, &self.0.operation, sent, known),
        }
    }

    /// The whole document with its types, for whoever computes a price or a fingerprint.
    pub fn document(&self) -> &Valid<ExecutableDocument> {
        &self.0.document
    }

    /// The selected operation of [`Prepared::document`].
    pub fn operation(&self) -> &Operation {
        &self.0.operation
    }
}

/// Parses, measures, validates and selects.
///
/// Errors: `LIMIT_EXCEEDED`, `PARSE_FAILED`, `VALIDATION_FAILED`, and `BAD_REQUEST` when the name selects nothing.
pub(super) fn prepare(
    types: &Types,
    limits: &Limits,
    text: &str,
    operation_name: Option<&str>,
) -> Result<Prepared, Vec<RequestError>> {
    let document = read(types, limits, text)?;
    let operation = document.operations.get(operation_name).map_err(|_| vec![unselected(operation_name)])?.clone();
    let mut roots: Vec<String> = Vec::new();
    for field in operation.root_fields(&document) {
        if !roots.iter().any(|name| *name == field.name.as_str()) {
            roots.push(field.name.to_string());
        }
    }
    let lines = Lines::new(text);
    let known = &types.deprecations;
    let deprecated = (known.in_text(&types.schema, &document, &operation), known.may_come(&operation));
    let introspects = operation.all_fields(&document).any(|field| matches!(field.name.as_str(), "__schema" | "__type"));
    let (kept, forms) = (OnceLock::new(), Mutex::default());
    let prepared = PreparedOperation { document, operation, lines, roots, introspects, kept, deprecated, forms };
    Ok(Prepared(Arc::new(prepared), Origin::Text))
}

/// Parses, measures and validates.
pub(super) fn read(types: &Types, limits: &Limits, text: &str) -> Result<Valid<ExecutableDocument>, Vec<RequestError>> {
    check_text(text, limits).map_err(|error| vec![error])?;
    // The parser holds `unwrap`s of its own; a document that finds one must not take the connection down.
    catch_unwind(AssertUnwindSafe(|| validated(types, limits, text))).unwrap_or_else(|_| {
        tracing::error!(length = text.len(), "the document parser panicked");
        Err(vec![RequestError::new(ErrorCode::ParseFailed, "The document cannot be read.")])
    })
}

fn unselected(operation_name: Option<&str>) -> RequestError {
    let message = match operation_name {
        Some(_) => "The document has no operation of the given operationName.",
        None => "The document has several operations: operationName must select one.",
    };
    RequestError::new(ErrorCode::BadRequest, message)
}

fn validated(types: &Types, limits: &Limits, text: &str) -> Result<Valid<ExecutableDocument>, Vec<RequestError>> {
    let mut parser = Parser::new().recursion_limit(RECURSION);
    let ast = match parser.parse_ast(text, "document") {
        Ok(ast) => ast,
        Err(_) if parser.recursion_reached() > RECURSION => {
            return Err(vec![RequestError::limit(format!("The document nests more than {RECURSION} brackets."))]);
        }
        Err(failed) => return Err(report(&failed.errors, ErrorCode::ParseFailed, limits)),
    };
    if !ast.definitions.iter().any(|definition| definition.as_operation_definition().is_some()) {
        return Err(vec![RequestError::new(ErrorCode::ParseFailed, "The document has no operation.")]);
    }
    check_document(&ast, limits).map_err(|error| vec![error])?;
    let document = ast
        .to_executable_validate(&types.schema)
        .map_err(|failed| report(&failed.errors, ErrorCode::ValidationFailed, limits))?;
    let mut errors = rules::check(types, &document, &Lines::new(text));
    errors.truncate(limits.errors);
    if errors.is_empty() { Ok(document) } else { Err(errors) }
}

/// The compiler's diagnostics as request errors: their first line, without its coloured excerpts of the text.
fn report(diagnostics: &DiagnosticList, code: ErrorCode, limits: &Limits) -> Vec<RequestError> {
    diagnostics
        .iter()
        .take(limits.errors)
        .map(|diagnostic| {
            let place =
                diagnostic.line_column_range().map(|range| Pos { line: range.start.line, column: range.start.column });
            // What the parser wanted is for those who write parsers; the place is what helps.
            let message = match code {
                ErrorCode::ParseFailed => "The syntax is wrong here.".to_owned(),
                _ => sentence(&diagnostic.error.to_string()),
            };
            RequestError::new(code, message).at(place)
        })
        .collect()
}

/// One line that starts with a capital, ends with a full stop, is not longer than a screen and does not repeat what
/// the parser found instead of what it wanted (a token may be a value).
fn sentence(text: &str) -> String {
    let mut line = text.lines().next().unwrap_or_default().trim().replace('`', "\"").replace(" in this document", "");
    if let Some((wanted, _)) = line.split_once(", got ") {
        line = wanted.to_owned();
    }
    if let Some((wanted, found)) =
        line.strip_prefix("expected value of type ").and_then(|rest| rest.split_once(", found "))
    {
        line = format!("a value of type {wanted} belongs here, not {found}");
    }
    let mut letters = line.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(letters).take(300).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

/// Where each line of a text starts, to turn offsets into lines and columns.
pub(super) struct Lines {
    text: Box<str>,
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let starts = std::iter::once(0)
            .chain((0..bytes.len()).filter_map(|at| match bytes[at] {
                b'\n' => Some(at + 1),
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => Some(at + 1),
                _ => None,
            }))
            .collect();
        Self { text: text.into(), starts }
    }

    /// Line and column, from 1 and in characters; the start of the text for what was not written in it.
    pub(super) fn place(&self, span: Option<SourceSpan>) -> Pos {
        let offset = span.map_or(0, |span| span.offset()).min(self.text.len());
        let line = self.starts.partition_point(|&start| start <= offset).max(1);
        let before = self.text.get(self.starts[line - 1]..offset).unwrap_or_default();
        Pos { line, column: before.chars().count() + 1 }
    }
}
