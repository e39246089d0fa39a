//! Requests to a running service.

use super::*;

/// A GraphQL request over TCP; an error if the connection ends before the whole answer was there.
pub fn run(address: &str, token: Option<&str>, query: &str, variables: Value) -> std::io::Result<Value> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let credential = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {credential}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    serde_json::from_str(body).map_err(Into::into)
}
