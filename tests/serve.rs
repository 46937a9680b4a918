//! `serve` as a browser, and as somebody who means ill, meets it.

use crate::malformed::base;
use crate::small::folder;
use crate::support::{Table, succeeds};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

struct Served {
    child: Child,
    address: String,
    token: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Served {
    fn start(at: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_orderpoint"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more)
            .current_dir(at)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().split("http://").nth(1).unwrap();
        let (address, token) = url.split_once("/?token=").unwrap();
        Self { child, address: address.into(), token: token.into() }
    }

    /// The status and everything after it.
    fn ask(&self, first: &str, headers: &[&str], body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let mut text = format!("{first} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|h| h.starts_with("Host:")) {
            text += &format!("Host: {}\r\n", self.address);
        }
        for header in headers {
            text += &format!("{header}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
        stream.write_all(body).ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0), answer)
    }

    fn cookie(&self) -> String {
        format!("Cookie: orderpoint={}", self.token)
    }
}

#[test]
fn a_decision_that_is_answered_as_kept_survives_kill_9_and_counts_once() {
    let at = folder();
    base(at.path());
    succeeds(at.path(), &["run"], &[0, 5]);
    let out = at.path().join("reports");
    let lines = Table::published(&out, "recommendations");
    let row = lines.rows.iter().find(|row| lines.number(row, "quantity") > 0.0).unwrap();
    let id = lines.text(row, "recommendation_id").to_owned();
    let server = Served::start(at.path(), &[]);
    let cookie = server.cookie();
    let body = format!("recommendation_id,decision,author\n{id},approve,ann\n");
    let (code, told) = server.ask("POST /decisions", &[&cookie], body.as_bytes());
    assert!(code == 200 && told.contains(&id) && told.contains("\"kept\""), "{told}");
    drop(server);
    let server = Served::start(at.path(), &[]);
    let cookie = server.cookie();
    let (_, seen) = server.ask("GET /decisions", &[&cookie], b"");
    assert!(seen.contains(&id) && seen.contains("ann"), "another browser sees it: {seen}");
    let (_, again) = server.ask("POST /decisions", &[&cookie], body.as_bytes());
    assert!(again.contains("\"known\":true"), "{again}");
    let second =
        format!("{{\"recommendation_id\":\"{id}\",\"decision\":\"approve\",\"author\":\"bob\"}}");
    let (code, told) = server.ask(
        "POST /decisions",
        &[&cookie, "Content-Type: application/json"],
        second.as_bytes(),
    );
    assert!(code == 422 && told.contains("already"), "{told}");
    succeeds(at.path(), &["review", "--verify"], &[0]);
    succeeds(at.path(), &["doctor"], &[0]);
}

#[test]
fn strangers_are_turned_away() {
    let at = folder();
    base(at.path());
    succeeds(at.path(), &["run"], &[0, 5]);
    let server = Served::start(at.path(), &[]);
    let cookie = server.cookie();
    let (code, first) = server.ask(&format!("GET /?token={}", server.token), &[], b"");
    assert!(code == 302 && first.contains("HttpOnly"), "{first}");
    let page = first.split("Location: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(server.ask(&format!("GET {page}"), &[&cookie], b"").0, 200);
    assert_eq!(server.ask(&format!("GET {page}"), &[], b"").0, 401, "no token");
    assert_eq!(server.ask(&format!("GET {page}"), &["Cookie: orderpoint=no"], b"").0, 401);
    assert_eq!(server.ask(&format!("GET {page}"), &[&cookie, "Host: evil.example"], b"").0, 403);
    let run = page.trim_end_matches("index.html");
    for way in
        ["../../.lock", "%2e%2e/%2e%2e/.lock", "..%2f..%2f.lock", "//etc/passwd", "timings.json"]
    {
        assert_eq!(server.ask(&format!("GET {run}{way}"), &[&cookie], b"").0, 404, "{way}");
    }
    for way in ["/../../../etc/passwd", "/runs/../decisions/index.jsonl", "/runs/%2e%2e/.lock"] {
        assert_eq!(server.ask(&format!("GET {way}"), &[&cookie], b"").0, 404, "{way}");
    }
    let body = b"recommendation_id,decision,author\n";
    let origin = "Origin: http://evil.example";
    assert_eq!(server.ask("POST /decisions", &[&cookie, origin], body).0, 403);
    assert_eq!(server.ask("POST /decisions", &[&cookie, "Origin: null"], body).0, 403);
    assert_eq!(server.ask("POST /decisions", &[&cookie], &vec![b'x'; 5 << 20]).0, 413);
    let slow: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    assert_eq!(server.ask("GET /run", &[&cookie], b"").0, 200, "beside a hundred idle ones");
    drop(slow);
    drop(server);
    let server = Served::start(at.path(), &["--read-only"]);
    assert_eq!(server.ask("POST /decisions", &[&server.cookie()], body).0, 403);
}
