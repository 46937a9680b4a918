//! `serve`: a published run in a browser, decisions kept as they are taken.
//!
//! It plans nothing and sends nothing. Only files that the run's manifest lists are given out, as
//! they were published, and the pages of `backtest` and `simulate` beside the runs; only to who
//! knows a token, only under a name that is this machine's (a page elsewhere that makes its own
//! name point here is refused), and decisions only from pages of its own. A decision that is
//! answered as kept is on the device, under the name of whom the token was given to, or whom a
//! proxy in front names.

use crate::cli::ServeArgs;
use crate::cli::planned::planned;
use crate::cli::print::{say, warn_line};
use crate::cli::review::terms;
use crate::config::Plan;
use crate::domain::digest::sha256_hex;
use crate::domain::error::{Error, Result};
use crate::ingest;
use crate::report::beside::Beside;
use crate::review::decisions::KeptDecisions;
use crate::review::intake::{Intake, Proposal, Signature, proposals, take_in_text};
use crate::run;
use crate::store::PublishedRun;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tiny_http::{Header, Method, Request, Response, Server};

/// Largest body taken in: a hundred bytes a line, for the lines of a large shop.
const LARGEST_BODY: usize = 4 << 20;
/// Requests under way; more are told to come back, so that slow clients use up no memory.
const MOST_REQUESTS: usize = 256;

/// Between two rounds of knocks: a wait that a person hardly feels.
const KNOCK_EVERY: Duration = Duration::from_millis(50);
/// Knocks of a round. Each frees one connection: at one knock in 200 ms a request behind eighty
/// silent connections waited 16 s, at eighty knocks a second it waits one.
const KNOCKS: usize = 4;

/// What a request meets.
struct Desk {
    plan: Plan,
    passes: Vec<Pass>,
    /// The header in which a proxy names who asks.
    author_header: Option<String>,
    /// Addresses that such a header is believed from.
    proxies: Vec<IpAddr>,
    /// Names of this server besides addresses.
    names: Vec<String>,
    read_only: bool,
    /// Lines of the current run that can be decided on, with its id.
    lines: Mutex<Option<Lines>>,
}

/// A token and whom it was given to; nobody in particular where there is one for all.
struct Pass {
    token: String,
    person: Option<String>,
}

struct Lines {
    run_id: String,
    proposals: BTreeMap<String, Proposal>,
}

type Answer = Response<Cursor<Vec<u8>>>;

/// Serves until it is stopped.
pub(crate) fn serve(args: &ServeArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let run = PublishedRun::current(&plan.place())?;
    let mut passes = Vec::new();
    for person in &args.user {
        passes.push(Pass { token: token()?, person: Some(person.clone()) });
    }
    if passes.is_empty() {
        passes.push(Pass { token: token()?, person: None });
    }
    let server = Server::http(&args.listen)
        .map_err(|e| Error::Config(vec![format!("--listen {}: {e}", args.listen)]))?;
    let address = server.server_addr();
    for Pass { token, person } in &passes {
        let run_id = &run.manifest.run_id;
        match person {
            Some(person) => say!("run {run_id}, for {person}: http://{address}/?token={token}"),
            None => say!("run {run_id}: http://{address}/?token={token}"),
        }
    }
    say!(
        "whoever has {} can read the run{}; stop with Ctrl-C",
        if passes.len() > 1 { "one of these addresses" } else { "this address" },
        match (args.read_only, args.user.is_empty()) {
            (true, _) => "",
            (false, true) => " and decide",
            (false, false) => " and decide under that name",
        }
    );
    let names = args.host.iter().map(|name| name.to_lowercase());
    let desk = Arc::new(Desk {
        names: names.chain(["localhost".to_owned()]).collect(),
        read_only: args.read_only,
        lines: Mutex::new(None),
        author_header: args.author_header.clone(),
        proxies: args.proxy.clone(),
        plan,
        passes,
    });
    let under_way = Arc::new(AtomicUsize::new(0));
    if let Some(address) = server.server_addr().to_ip() {
        std::thread::spawn(move || knock(address));
    }
    loop {
        let request = match server.recv() {
            Ok(request) => request,
            Err(error) => {
                warn_line(&format!("a connection was lost: {error}"));
                continue;
            }
        };
        let (desk, under_way) = (Arc::clone(&desk), Arc::clone(&under_way));
        if under_way.fetch_add(1, Ordering::SeqCst) >= MOST_REQUESTS {
            under_way.fetch_sub(1, Ordering::SeqCst);
            let _ = request.respond(words(503, "too many requests at once: try again"));
            continue;
        }
        std::thread::spawn(move || {
            let mut request = request;
            let answer = crate::domain::fault::guarded(|| desk.answer(&mut request))
                .unwrap_or_else(|fault| words(500, &format!("our fault: {fault}")));
            // Before the answer is sent: what a client that was turned away still has to send is
            // waited for there, and three hundred that never do must not lock out the others.
            under_way.fetch_sub(1, Ordering::SeqCst);
            // A browser that went away needs no answer.
            let _ = request.respond(answer);
        });
    }
}

/// Wakes the server over and over. tiny_http (0.12, `util/task_pool.rs`) may queue
/// a connection behind idle ones in the belief that a thread is free; the thread of any later
/// connection takes it from the queue. Seen with a hundred silent connections: a request hung.
fn knock(address: SocketAddr) {
    let reachable = match address.ip() {
        ip if ip.is_unspecified() && ip.is_ipv6() => IpAddr::from(Ipv6Addr::LOCALHOST),
        ip if ip.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    let address = SocketAddr::new(reachable, address.port());
    loop {
        std::thread::sleep(KNOCK_EVERY);
        for _ in 0..KNOCKS {
            // Closed at once: all that counts is that it came.
            let _ = TcpStream::connect_timeout(&address, KNOCK_EVERY);
        }
    }
}

/// 128 bits of the system's randomness.
fn token() -> Result<String> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    std::fs::File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(Error::io(source))?;
    Ok(sha256_hex(&bytes)[..32].to_owned())
}

impl Desk {
    fn answer(&self, request: &mut Request) -> Answer {
        if !self.is_our_name(header(request, "Host").unwrap_or_default()) {
            return words(403, "this server does not answer to that name");
        }
        let url = request.url().to_owned();
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let by_address = query(&url, "token").and_then(|given| self.pass(given));
        let cookie = header(request, "Cookie").and_then(|text| {
            text.split(';')
                .find_map(|pair| pair.trim().strip_prefix("orderpoint="))
                .map(str::to_owned)
        });
        let bearer = header(request, "Authorization")
            .and_then(|text| text.strip_prefix("Bearer ").map(str::to_owned));
        let given = [cookie, bearer].into_iter().flatten().find_map(|given| self.pass(&given));
        let Some(pass) = by_address.or(given) else {
            return words(401, "open the address that `orderpoint serve` printed, with its token");
        };
        let answer = match (request.method().clone(), path) {
            (Method::Post, "/decisions") => self.decide(request, pass),
            (Method::Get | Method::Head, "/decisions") => self.decisions(),
            (Method::Get | Method::Head, "/run") => self.current(request, pass),
            (Method::Get | Method::Head, "/" | "/current/index.html") => self.to_the_run(),
            (Method::Get | Method::Head, path) => match beside(path) {
                Some(beside) => self.beside(beside),
                None => self.file(path),
            },
            _ => words(405, "only GET, and POST /decisions"),
        };
        if let Some(pass) = by_address {
            let cookie = format!("orderpoint={}; Path=/; HttpOnly; SameSite=Strict", pass.token);
            return with(answer, "Set-Cookie", &cookie);
        }
        answer
    }

    /// As many steps for a wrong token as for a right one: digests are compared.
    fn pass(&self, given: &str) -> Option<&Pass> {
        let given = sha256_hex(given.as_bytes());
        self.passes.iter().find(|pass| sha256_hex(pass.token.as_bytes()) == given)
    }

    /// Who asks, where a token or a proxy says it; `Err` where a proxy should and does not.
    fn person(
        &self,
        request: &Request,
        pass: &Pass,
    ) -> std::result::Result<Option<String>, Answer> {
        let Some(name) = &self.author_header else { return Ok(pass.person.clone()) };
        let is_proxy = request.remote_addr().is_some_and(|at| {
            let ip = at.ip().to_canonical();
            if self.proxies.is_empty() { ip.is_loopback() } else { self.proxies.contains(&ip) }
        });
        let mut named = request
            .headers()
            .iter()
            .filter(|h| h.field.as_str().as_str().eq_ignore_ascii_case(name));
        let person = named.next().map(|header| header.value.as_str().trim());
        match person {
            // A second one was put there by somebody else than the proxy.
            Some(person) if is_proxy && !person.is_empty() && named.next().is_none() => {
                Ok(Some(person.to_owned()))
            }
            Some(_) | None => Err(words(403, "the proxy in front of this server names nobody")),
        }
    }

    /// An address, or a name that was given: any other name is somebody else's that points here.
    fn is_our_name(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            Some(_) | None => host.as_str(),
        };
        let address = name.trim_start_matches('[').trim_end_matches(']');
        self.names.iter().any(|known| known == name) || address.parse::<IpAddr>().is_ok()
    }

    fn to_the_run(&self) -> Answer {
        match PublishedRun::current(&self.plan.place()) {
            Ok(run) => {
                let place = format!("/runs/{}/index.html", run.manifest.run_id);
                with(words(302, "the run"), "Location", &place)
            }
            Err(error) => words(404, &error.to_string()),
        }
    }

    fn current(&self, request: &Request, pass: &Pass) -> Answer {
        let person = match self.person(request, pass) {
            Ok(person) => person,
            Err(nobody) => return nobody,
        };
        match PublishedRun::current(&self.plan.place()) {
            Ok(run) => json_answer(
                200,
                &json!({
                    "run_id": run.manifest.run_id,
                    "as_of": run.manifest.as_of,
                    "read_only": self.read_only,
                    "author": person,
                }),
            ),
            Err(error) => words(404, &error.to_string()),
        }
    }

    /// `/runs/<run_id>/<path>`: a file that the manifest of a published run lists.
    fn file(&self, path: &str) -> Answer {
        let missing = || words(404, "no such file in a published run");
        let Some(path) = decoded(path) else { return missing() };
        let Some((run_id, name)) =
            path.strip_prefix("/runs/").and_then(|rest| rest.split_once('/'))
        else {
            return missing();
        };
        if run_id.is_empty() || run_id.starts_with('.') || run_id.contains(['\\', '\0']) {
            return missing();
        }
        let Ok(run) = PublishedRun::open(&self.plan.place().join("runs").join(run_id)) else {
            return missing();
        };
        // Only what is listed, letter by letter: no way leads out of the folder.
        if !run.manifest.files.iter().any(|file| file.path == name) && name != "manifest.json" {
            return missing();
        }
        let content = if name == "manifest.json" {
            std::fs::read(run.folder.join(name)).map_err(Error::unreadable(name))
        } else {
            run.content(name)
        };
        match content {
            Ok(bytes) => with(safe(Response::from_data(bytes)), "Content-Type", kind(name)),
            Err(error) => words(503, &error.to_string()),
        }
    }

    /// The page of `backtest` or `simulate`, which stands beside the runs.
    fn beside(&self, beside: Beside) -> Answer {
        let page = self.plan.place().join(beside.folder()).join("index.html");
        match std::fs::read(&page) {
            Ok(bytes) => {
                with(safe(Response::from_data(bytes)), "Content-Type", "text/html; charset=utf-8")
            }
            Err(_) => words(404, &format!("`orderpoint {}` makes this page", beside.folder())),
        }
    }

    /// What was decided on the current run's lines, by anyone.
    fn decisions(&self) -> Answer {
        let read = PublishedRun::current(&self.plan.place())
            .and_then(|run| Ok((run, KeptDecisions::read(&self.plan.run.out)?)));
        let (run, kept) = match read {
            Ok(read) => read,
            Err(error) => return words(503, &error.to_string()),
        };
        let run_id = &run.manifest.run_id;
        let of_run = kept.decisions.iter().filter(|decision| decision.run_id == *run_id);
        let list: Vec<Value> = of_run
            .map(|d| {
                json!({
                    "recommendation_id": d.recommendation_id,
                    "decision": d.verdict.name(),
                    "quantity": d.quantity.0,
                    "until": d.until,
                    "reason": d.reason,
                    "author": d.author,
                    "time": d.time,
                })
            })
            .collect();
        json_answer(200, &json!({"run_id": run_id, "decisions": list}))
    }

    /// Takes decisions in, as `review` does, and says which are kept.
    fn decide(&self, request: &mut Request, pass: &Pass) -> Answer {
        if self.read_only {
            return words(403, "served read-only: no decisions are taken");
        }
        let person = match self.person(request, pass) {
            Ok(person) => person,
            Err(nobody) => return nobody,
        };
        let host = header(request, "Host").unwrap_or_default().to_owned();
        let ours = |origin: &str| origin.split_once("://").is_some_and(|(_, name)| name == host);
        let site = header(request, "Sec-Fetch-Site");
        if header(request, "Origin").is_some_and(|origin| !ours(origin))
            || site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
        {
            return words(403, "decisions are only taken from pages of this server");
        }
        if request.body_length().is_some_and(|length| length > LARGEST_BODY) {
            return words(413, "too large for decisions");
        }
        let is_json = header(request, "Content-Type").is_some_and(|kind| kind.contains("json"));
        let mut body = Vec::new();
        let read = request.as_reader().take(LARGEST_BODY as u64 + 1).read_to_end(&mut body);
        if read.is_err() {
            return words(400, "the decisions did not arrive whole: nothing is kept");
        }
        if body.len() > LARGEST_BODY {
            return words(413, "too large for decisions");
        }
        let signature = person.as_deref().map_or(Signature::Written, Signature::Always);
        match self.keep(&body, is_json, signature) {
            Ok((run_id, intake)) => {
                let kept: Vec<&str> =
                    intake.accepted.iter().map(|d| d.recommendation_id.as_str()).collect();
                let refused = kept.is_empty() && !intake.problems.is_empty();
                json_answer(
                    if refused { 422 } else { 200 },
                    &json!({
                        "run_id": run_id,
                        "kept": kept,
                        "known": intake.known,
                        "problems": intake.problems,
                    }),
                )
            }
            Err(error @ (Error::Input { .. } | Error::NotFound(_))) => {
                json_answer(422, &json!({"kept": [], "problems": [error.to_string()]}))
            }
            Err(error) => json_answer(503, &json!({"kept": [], "problems": [error.to_string()]})),
        }
    }

    fn keep(
        &self,
        body: &[u8],
        is_json: bool,
        signature: Signature<'_>,
    ) -> Result<(String, Intake)> {
        let name = Path::new("decisions");
        let text = if is_json { from_json(body)? } else { body.to_vec() };
        let run = PublishedRun::current(&self.plan.place())?;
        // One at a time: the lines of a new run are read once.
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let run_id = run.manifest.run_id.clone();
        if lines.as_ref().is_none_or(|lines| lines.run_id != run_id) {
            let inputs =
                run::with_threads(self.plan.run.threads, || ingest::load(&self.plan.request()))?;
            let proposals =
                proposals(&run, |sku, location, supplier| terms(&inputs, sku, location, supplier))?;
            *lines = Some(Lines { run_id: run_id.clone(), proposals });
        }
        let Some(lines) = lines.as_ref() else {
            return Err(Error::Internal("no lines to decide on".to_owned()));
        };
        let out = &self.plan.run.out;
        Ok((run_id, take_in_text(out, name, &text, &lines.proposals, signature)?))
    }
}

/// Decisions as JSON, a list of objects with the columns of the file, as such a file.
fn from_json(body: &[u8]) -> Result<Vec<u8>> {
    let name = Path::new("decisions");
    let value: Value =
        serde_json::from_slice(body).map_err(|e| Error::input(name, format!("not JSON: {e}")))?;
    let list = value.get("decisions").unwrap_or(&value);
    let list = list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]);
    let columns =
        ["recommendation_id", "decision", "quantity", "until", "reason", "author", "time"];
    let mut writer = csv::Writer::from_writer(Vec::new());
    let broken = |e: csv::Error| Error::Internal(format!("decisions: {e}"));
    writer.write_record(columns).map_err(broken)?;
    for decision in &list {
        let cells = columns.map(|column| match decision.get(column) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        });
        writer.write_record(&cells).map_err(broken)?;
    }
    writer.into_inner().map_err(|e| Error::Internal(format!("decisions: {e}")))
}

fn header<'r>(request: &'r Request, name: &'static str) -> Option<&'r str> {
    request.headers().iter().find(|h| h.field.equiv(name)).map(|h| h.value.as_str())
}

fn query<'u>(url: &'u str, name: &str) -> Option<&'u str> {
    let pairs = url.split_once('?')?.1.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|pair| pair.0 == name).map(|pair| pair.1)
}

/// A path with its percent signs resolved, once; `None` where that is no text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The page beside the runs that `path` names, letter by letter.
fn beside(path: &str) -> Option<Beside> {
    Beside::ALL.into_iter().find(|beside| path == format!("/{}/index.html", beside.folder()))
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "csv" | "txt" | "prom" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "ics" => "text/calendar; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn words(code: u16, text: &str) -> Answer {
    safe(Response::from_string(format!("{text}\n")).with_status_code(code))
}

fn json_answer(code: u16, value: &Value) -> Answer {
    let answer = Response::from_string(format!("{value}\n")).with_status_code(code);
    with(safe(answer), "Content-Type", "application/json")
}

/// Nothing is kept by browsers, framed by other pages or told to them.
fn safe(answer: Answer) -> Answer {
    let answer = with(answer, "X-Content-Type-Options", "nosniff");
    let answer = with(answer, "X-Frame-Options", "DENY");
    let answer = with(answer, "Referrer-Policy", "no-referrer");
    with(answer, "Cache-Control", "no-store")
}

fn with(mut answer: Answer, name: &str, value: &str) -> Answer {
    if let Ok(header) = Header::from_bytes(name, value) {
        answer.add_header(header);
    }
    answer
}
